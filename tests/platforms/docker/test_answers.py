from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.platforms.docker.answers import at, each, moment, number, parsed, text, texts
from reactor.platforms.docker.client import Answer
from tests.platforms.docker.recorded import refused

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["a", "b"]), inner),
)


@pytest.mark.parametrize(
    ("body", "found"),
    [(b'{"a": 1}', {"a": 1}), (b"<html>", None), (b"", None), (b"[" * 100_000, None)],
)
def test_what_is_no_json_is_nothing(body: bytes, found: object) -> None:
    assert parsed(Answer(status=200, headers={}, body=body)) == found


def test_only_a_200_says_what_was_asked_for() -> None:
    assert parsed(refused(404)) is None


def test_values_are_found_where_they_stand() -> None:
    data = {"a": {"b": "x", "n": 3, "l": [1], "d": {"k": "v", "o": 1}}}

    assert at(data, "a", "n") == number(data, "a", "n") == 3
    assert text(data, "a", "b") == "x"
    assert each(data, "a", "l") == [1]
    assert texts(data, "a", "d") == {"k": "v"}


@given(ANY_JSON)
def test_what_is_of_another_kind_is_missing(data: object) -> None:
    assert isinstance(text(data, "a", "b"), str)
    assert isinstance(each(data, "a", "b"), list)
    assert isinstance(texts(data, "a", "b"), dict)
    assert number(data, "a", "b") is None or type(number(data, "a", "b")) is int
    assert moment(data, "a", "b") is None or isinstance(moment(data, "a", "b"), datetime)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-22T13:28:05.34296915Z", datetime(2026, 11, 22, 13, 28, 5, 342969, UTC)),
        ("2026-11-22T14:28:05+01:00", datetime(2026, 11, 22, 13, 28, 5, 0, UTC)),
        ("0001-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+01:00", None),  # before the first year
        ("yesterday", None),
        ("", None),
    ],
)
def test_times_are_in_utc_and_the_year_1_is_none(written: str, meant: datetime | None) -> None:
    assert moment({"at": written}, "at") == meant
