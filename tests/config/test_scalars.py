import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.config.scalars import NumberTooLarge, looks_boolean, scalar_value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("Null", "Null"),
        ("true", True),
        ("false", False),
        ("True", "True"),
        ("yes", "yes"),
        ("on", "on"),
        ("0", 0),
        ("0137", 137),
        ("-5", -5),
        ("+5", 5),
        ("0x1f", "0x1f"),
        ("0o17", "0o17"),
        ("1_000", "1_000"),
        ("22:00", "22:00"),
        ("2030-01-07", "2030-01-07"),
        ("1.5", 1.5),
        ("1.", 1.0),
        (".5", 0.5),
        ("1e3", 1000.0),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("1.2.3", "1.2.3"),
        ("٣", "٣"),  # a digit, but not one of ours
        (str((1 << 64) - 1), (1 << 64) - 1),
    ],
)
def test_an_unquoted_text_means_what_it_says(text, value):
    found = scalar_value(text)

    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("text", [str(1 << 64), "-" + str(1 << 63) + "0", "1e999", "9" * 5000])
def test_a_number_that_no_event_can_carry_is_refused(text):
    with pytest.raises(NumberTooLarge):
        scalar_value(text)


@given(st.text())
def test_any_text_is_a_value_or_a_number_too_large(text):
    try:
        scalar_value(text)
    except NumberTooLarge:
        assert text.strip("+-").replace(".", "").replace("e", "").replace("E", "")


@pytest.mark.parametrize(
    ("text", "looks"), [("yes", True), ("Off", True), ("TRUE", True), ("true", False), ("y", False)]
)
def test_booleans_of_the_old_yaml_are_recognised(text, looks):
    assert looks_boolean(text) is looks
