from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.config.load import MAX_BYTES, read_file, read_text, read_written, write_yaml
from reactor.config.node import Items, Node, Problems, Scalar, Table, plain
from reactor.model.problem import Place

WHOLE_NUMBERS = st.integers(min_value=-(1 << 63), max_value=(1 << 64) - 1)
SCALARS = (
    st.none() | st.booleans() | WHOLE_NUMBERS | st.floats(allow_nan=False, allow_infinity=False)
)
# Words that YAML 1.1, 1.2 or our own reader could take for something else than a text.
WORDS = st.sampled_from(
    ["0137", "08", "1e3", "yes", "true", "null", "~", "", "22:00", "<<", "a: b", "# a", "- a", "*a"]
)
TEXTS = WORDS | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
PLAIN = st.recursive(
    SCALARS | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(TEXTS.filter(lambda t: t), inner, max_size=4)
    ),
    max_leaves=12,
)


def read(folder: Path, text: str | bytes) -> tuple[Node | None, Problems]:
    file, problems = folder / "r.yaml", Problems()
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_file(file, problems), problems


def told(problems: Problems) -> list[str]:
    return [f"{p.place.line}:{p.place.column} {p.message}" for p in problems.found]


def test_a_text_is_read_as_a_file_is():
    problems = Problems()

    root = read_text("given", "{a: [1, b]}", problems)
    assert root is not None
    assert plain(root) == {"a": [1, "b"]}
    assert root.place == Place("given", 1, 1)
    assert read_text("given", "{a: [1", problems) is None
    assert str(problems.found[0]).startswith("given:")


def test_every_value_knows_its_place(tmp_path):
    root, _ = read(tmp_path, "a: 1\nb:\n  - x\n  - {c: ü, d: y}\n")

    assert isinstance(root, Table)
    items = root.entries["b"].value
    assert isinstance(items, Items)
    inner = items.items[1]
    assert isinstance(inner, Table)
    assert root.entries["b"].key_place == Place(str(tmp_path / "r.yaml"), 2, 1)
    assert inner.entries["d"].value.place == Place(str(tmp_path / "r.yaml"), 4, 15)


def test_a_quoted_text_stays_a_text(tmp_path):
    root, _ = read(tmp_path, "- \"1\"\n- 'true'\n- |\n  5\n- >-\n  null\n")

    assert root is not None
    assert plain(root) == ["1", "true", "5\n", "null"]


def test_keys_that_look_boolean_are_texts(tmp_path):
    root, problems = read(tmp_path, "on: 1\nyes: 2\nno: 3\n")

    assert root is not None
    assert plain(root) == {"on": 1, "yes": 2, "no": 3}
    assert not problems.found


def test_a_value_that_looks_boolean_is_a_text_with_a_warning(tmp_path):
    root, problems = read(tmp_path, "a: yes\nb: 'no'\n")

    assert root is not None
    assert plain(root) == {"a": "yes", "b": "no"}
    assert [p.message for p in problems.warnings] == ["yes is a text here, not true or false"]


def test_an_alias_repeats_its_value_with_the_place_of_the_anchor(tmp_path):
    root, _ = read(tmp_path, "a: &x {b: 1}\nc: *x\n")

    assert isinstance(root, Table)
    assert root.entries["c"].value is root.entries["a"].value


def test_mistakes_that_can_be_read_over_are_told_together(tmp_path):
    _, problems = read(tmp_path, "a: 1\na: 2\n1: x\nb: !foo y\nc: {<<: {}, d: 1e999}\n")

    assert told(problems) == [
        f"2:1 the key 'a' is here twice, first at {tmp_path}/r.yaml:1:1",
        "3:1 the key 1 is no text, expected a text",
        "4:4 the tag '!foo' is not supported",
        "5:5 merge keys ('<<') are not supported",
        "5:16 the number 1e999 is too large",
    ]


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"a: \xff\n", "1:4 the byte 0xff is not UTF-8"),
        (b"\xff\xfea\0", "1:1 the byte 0xff is not UTF-8"),
        (b"a: 1\nb: \x01\n", "2:4 the character U+0001 is not allowed in YAML"),
        (b"", "1:1 the file is empty"),
        (b"a" * (MAX_BYTES + 1), "1:1 the file is larger than 1 MiB"),
        (b"[" * 33 + b"]" * 33, "1:33 values are nested deeper than 32"),
        (b"- " * 50_001, "1:65 values are nested deeper than 32"),
        (b"-\n" * 50_001, "50000:2 the file has more than 50,000 values, aliases written out"),
        (b"a: &a [b, *a]\n", "1:11 the alias '*a' stands inside what it repeats"),
        (b"a: *a\n", "1:4 the alias '*a' has no '&a' before it"),
        (b"a: 1\n---\nb: 1\n", "2:1 a second document begins here, expected one in a file"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_problem(tmp_path, raw, message):
    root, problems = read(tmp_path, raw)

    assert root is None
    assert told(problems) == [message]


def test_an_alias_costs_what_it_repeats(tmp_path):
    text = "a: &a " + "x" * 100_000 + "\nb: [" + "*a, " * 12 + "]\n"

    _, problems = read(tmp_path, text)

    assert told(problems) == ["2:41 the file is larger than 1 MiB, aliases written out"]


def test_depth_counts_through_aliases(tmp_path):
    text = f"a: &a {'[' * 20}{']' * 20}\nb: {'[' * 20}*a{']' * 20}\n"

    _, problems = read(tmp_path, text)

    assert told(problems) == ["2:24 values are nested deeper than 32"]


def test_a_missing_file_is_a_problem(tmp_path):
    problems = Problems()

    assert read_file(tmp_path / "none.yaml", problems) is None
    assert told(problems) == ["1:1 the file cannot be read: No such file or directory"]


def test_a_byte_order_mark_is_no_content(tmp_path):
    root, _ = read(tmp_path, b"\xef\xbb\xbfa: 1\n")

    assert isinstance(root, Table)
    assert isinstance(root.entries["a"].value, Scalar)


@given(PLAIN)
def test_what_is_written_is_read_back(tmp_path_factory, value):
    root, problems = read(tmp_path_factory.getbasetemp(), write_yaml(value))

    assert root is not None, problems.found
    assert plain(root) == value
    assert not problems.found
    assert not problems.warnings


@given(st.text(st.sampled_from("ab:-[]{}&*!|>'\"#%@`,? \n\t<~$0."), max_size=60))
def test_no_text_crashes_the_reader(tmp_path_factory, text):
    root, problems = read(tmp_path_factory.getbasetemp(), text)

    assert root is not None or problems.found


@given(PLAIN)
def test_what_is_written_is_read_back_as_plain_data(value):
    assert read_written(write_yaml(value)) == value
