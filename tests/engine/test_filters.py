"""The filters of templates."""

import pytest

from reactor.engine.filters import FILTERS, Encoded, json_of, text_of
from reactor.engine.template import compile_template
from reactor.model.errors import RenderFailed
from reactor.model.protocols import Landing

NAMES = {
    "text": " Two words ",
    "empty": "",
    "number": 137,
    "ratio": 2.567,
    "nothing": None,
    "list": ["a", 1, None, ["b"]],
    "map": {"a": 1},
    "url": "a/b c?",
    "half": 0.5,
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ absent|default }}", ""),
        ("{{ absent|default('none') }}", "none"),
        ("{{ absent.deeper|default('none') }}", "none"),
        ("{{ absent|default(number) }}", "137"),
        ("{{ absent|default(also_absent) }}", "(unknown)"),
        ("{{ nothing|default('none') }}", "null"),
        ("{{ empty|default('none') }}", ""),
        ("{{ empty|default('none', true) }}", "none"),
        ("{{ absent|upper }}", "(unknown)"),
        ("{{ absent|length|default(0) }}", "0"),
        ("{{ text|upper }}", " TWO WORDS "),
        ("{{ text|lower }}", " two words "),
        ("{{ nothing|upper }}", "NULL"),
        ("{{ text|trim }}", "Two words"),
        ("{{ text|trim|trim('Ts') }}", "wo word"),
        ("{{ 'short'|truncate }}", "short"),
        ("{{ 'a word or two'|truncate(10) }}", "a word..."),
        ("{{ 'a word or two'|truncate(10, true) }}", "a word ..."),
        ("{{ 'a word or two'|truncate(8, true, '') }}", "a word o"),
        ("{{ 'a word or two'|truncate(13) }}", "a word or two"),
        ("{{ 'unbroken'|truncate(6) }}", "unb..."),
        ("{{ text|replace(' ', '_') }}", "_Two_words_"),
        ("{{ number|replace('3', 'x') }}", "1x7"),
        ("{{ list|join(', ') }}", 'a, 1, null, ["b"]'),
        ("{{ list|join }}", 'a1null["b"]'),
        ("{{ text|join(', ') }}", " Two words "),
        ("{{ list|length }}", "4"),
        ("{{ map|length }}", "1"),
        ("{{ text|trim|length }}", "9"),
        ("{{ number|length }}", "0"),
        ("{{ ratio|round }}", "3"),
        ("{{ ratio|round(1) }}", "2.6"),
        ("{{ number|round }}", "137"),
        ("{{ text|round }}", " Two words "),
        ("{{ map|tojson }}", '{"a":1}'),
        ("{{ text|tojson }}", '" Two words "'),
        ("{{ number|tojson }}", "137"),
        ("{{ url|urlencode }}", "a%2Fb%20c%3F"),
        ("{{ map|urlencode }}", "%7B%22a%22%3A1%7D"),
    ],
)
def test_a_filter_gives(text, expected):
    assert compile_template(text, Landing.TEXT).render(NAMES) == expected


@pytest.mark.parametrize(
    ("name", "value", "arguments"),
    [
        ("replace", "", ("a", 1)),
        ("join", ["a"], (1,)),
        ("truncate", "", (2,)),
        ("round", 0.5, (16,)),
        ("round", 0.5, (-1,)),
        ("trim", "", (1,)),
    ],
)
def test_an_argument_that_does_not_fit_raises(name, value, arguments):
    with pytest.raises((TypeError, ValueError)):
        FILTERS[name](value, *arguments)


def test_what_is_encoded_is_marked_so():
    assert isinstance(FILTERS["urlencode"]("a b"), Encoded)
    assert not isinstance(FILTERS["upper"](FILTERS["urlencode"]("a b")), Encoded)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_json_has_no_number_for_is_null(value):
    assert text_of(value) == "null"
    assert text_of(FILTERS["round"](value)) == "null"


def test_what_cannot_be_json_fails_as_a_render_does():
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    for value in (deep, ["\ud800"], {("a",): 1}):
        with pytest.raises(RenderFailed, match="cannot be written as JSON"):
            json_of(value)
