"""What is picked from a sender's data, and how deliveries are named."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.engine.inbound import Inbound
from reactor.engine.inbound.fields import (
    delivery_id,
    digest,
    facts_of,
    moment,
    pick,
    pick_text,
    ref_facts,
    unix_moment,
)
from tests.engine.inbound.vectors import NOW

DATA = {"a": {"b": "deep", "n": 0, "f": False, "empty": "", "list": [1]}, "t": "top", "null": None}


@pytest.mark.parametrize(
    ("paths", "value"),
    [
        (("t",), "top"),
        (("a.b",), "deep"),
        (("a.missing", "t"), "top"),
        (("null", "a.empty", "a.list", "a", "t"), "top"),
        (("a.n",), 0),
        (("a.f",), False),
        (("t.b", "null.b", "missing.b"), None),
    ],
)
def test_the_first_plain_value_counts(paths, value):
    assert pick(DATA, *paths) == value


def test_a_number_is_no_text():
    assert pick_text(DATA, "a.n", "a.b") == "deep"


def test_facts_that_the_data_does_not_tell_are_left_out():
    assert facts_of(DATA, {"one": ("a.b",), "two": ("missing",)}) == {"one": "deep"}


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("2016-08-12T15:23:28Z", datetime(2016, 8, 12, 15, 23, 28, tzinfo=UTC)),
        ("2016-08-12 15:23:28 UTC", datetime(2016, 8, 12, 15, 23, 28, tzinfo=UTC)),
        ("2021-04-28 21:50:00 +0200", datetime(2021, 4, 28, 19, 50, tzinfo=UTC)),
        ("2021-04-28 21:50:00 -0200", datetime(2021, 4, 28, 23, 50, tzinfo=UTC)),
        (1417566161, datetime(2014, 12, 3, 0, 22, 41, tzinfo=UTC)),
        (1.417566161e09, datetime(2014, 12, 3, 0, 22, 41, tzinfo=UTC)),
        (1e300, None),
        (10**30, None),
        (True, None),
        ("yesterday", None),
        (None, None),
        ([], None),
    ],
)
def test_moments_are_read_in_every_way_that_senders_write_them(written, told):
    assert moment(written) == told


@pytest.mark.parametrize("stamp", [None, "", "-1", "1.0", "9" * 5000, "²", "now"])
def test_a_header_that_is_not_in_unix_seconds_is_no_moment(stamp):
    assert unix_moment(stamp) is None


@pytest.mark.parametrize(
    ("ref", "facts"),
    [
        ("refs/heads/feature/x", {"branch": "feature/x"}),
        ("refs/tags/v1.0", {"tag": "v1.0"}),
        ("main", {}),
        (None, {}),
        (7, {}),
    ],
)
def test_a_whole_reference_names_a_branch_or_a_tag(ref, facts):
    assert ref_facts(ref) == facts


@given(st.lists(st.text(), min_size=1), st.lists(st.text(), min_size=1))
def test_a_digest_differs_when_any_part_does(some, others):
    assert (digest(*some) == digest(*others)) == (some == others)


def named(*headers: tuple[str, str], body: bytes = b"{}") -> Inbound:
    return Inbound(headers=headers, body=body)


@pytest.mark.parametrize(
    ("headers", "identity"),
    [
        ((("id", "72d3162e"),), "72d3162e"),
        ((("other", "b"), ("id", "a")), "a"),
        ((("other", "b"),), "b"),
        ((("id", ""), ("other", "b")), "b"),
        ((("id", "a"), ("id", "b"), ("other", "c")), "c"),
    ],
)
def test_a_delivery_has_the_first_name_that_its_sender_gives_it(headers, identity):
    assert delivery_id(named(*headers), NOW, "id", "other") == identity


@pytest.mark.parametrize("name", ["x" * 201, "tab\tin it", "\xe4"])
def test_a_name_that_is_long_or_cannot_be_shown_is_hashed(name):
    assert delivery_id(named(("id", name)), NOW, "id") == digest(name)


def test_what_has_no_name_is_told_by_when_it_came():
    second = timedelta(microseconds=1)

    first = delivery_id(named(), NOW, "id")

    assert first == delivery_id(named(), NOW, "id")
    assert first != delivery_id(named(), NOW + second, "id")
    assert first != delivery_id(named(body=b"[]"), NOW, "id")
