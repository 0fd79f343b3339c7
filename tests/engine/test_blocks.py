"""Blocks within Slack's limits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.engine.blocks import BLOCKS_LIMIT, cut, cut_blocks
from tests.builders import NO_SECRETS

LONG = "x" * 20_000


def one(**block):
    [found] = cut_blocks([block], NO_SECRETS)
    return found


def words(text):
    return {"type": "mrkdwn", "text": text}


@pytest.mark.parametrize(
    ("kind", "most"), [("section", 3000), ("header", 150), ("context", 3000), ("new", 3000)]
)
def test_a_text_is_as_long_as_its_block_may_have_it(kind, most):
    assert one(type=kind, text=words(LONG))["text"] == words("x" * (most - 1) + "…")


def test_a_markdown_block_holds_more():
    assert len(one(type="markdown", text=LONG)["text"]) == 12_000


def test_fields_are_ten_of_2000_each():
    fields = one(type="section", fields=[words(LONG)] * 11)["fields"]

    assert [len(field["text"]) for field in fields] == [2000] * 9 + [1]
    assert fields[-1]["text"] == "…"


def test_elements_of_a_context_are_ten():
    elements = one(type="context", elements=[words("a")] * 12)["elements"]

    assert [each["text"] for each in elements] == ["a"] * 9 + ["…"]


def test_buttons_are_25_with_short_texts_and_whole_addresses():
    url = "https://example.com/" + "x" * 2000
    button = {"type": "button", "text": words(LONG), "url": url, "value": LONG}

    elements = one(type="actions", elements=[button] * 30)["elements"]

    assert len(elements) == 25
    assert len(elements[0]["text"]["text"]) == 75
    assert elements[0]["url"] == url
    assert len(elements[0]["value"]) == 2000


@pytest.mark.parametrize(("count", "kept"), [(49, 49), (50, 50), (51, 50), (500, 50)])
def test_there_are_fifty_blocks_and_the_last_says_how_many_more_there_were(count, kept):
    found = cut_blocks([{"type": "divider"}] * count, NO_SECRETS)

    assert len(found) == kept <= BLOCKS_LIMIT
    if count > kept:
        assert found[-1]["elements"][0]["text"] == f"… {count - 49} more"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.lists(json_values))
def test_what_is_within_the_limits_stays_as_it_is(blocks):
    assert cut_blocks(blocks[:BLOCKS_LIMIT], NO_SECRETS) == blocks[:BLOCKS_LIMIT]


@given(st.text(max_size=60), st.integers(min_value=1, max_value=50))
def test_a_cut_text_is_never_longer_than_it_may_be(text, limit):
    assert len(cut(text, limit, NO_SECRETS)) <= max(limit, 1)
