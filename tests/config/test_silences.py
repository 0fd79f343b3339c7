"""Conditions of silences, as short as they are typed and as long as rules write them."""

import pytest

from reactor.config.node import Problems
from reactor.config.silences import parse_silence, silenced_by
from reactor.model.errors import ReactorError
from tests.conditions import condition, node_of


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("service.name=web", "service.name: web"),
        ("service.name=web,state=Stopped", "{service.name: web, state: Stopped}"),
        (" service.name = web , state = Not running ", "{service.name: web, state: Not running}"),
        ("n=137", "n: 137"),
        ('n="137"', "n: '137'"),
        ("flag=true,x=null", "{flag: true, x: null}"),
        ("x=", "x: ''"),
        ('text="a, b=c"', "text: a, b=c"),
        ("query=a=b", "query: a=b"),
        ('labels."a.b,c=d"=1', "'labels.\"a.b,c=d\"': 1"),
        ("$.tags[0]=web", "$.tags[0]: web"),
        ("n=99999999999999999999999999", "n: '99999999999999999999999999'"),
        ("{service.name: web, state: [Stopped]}", "{service.name: web, state: [Stopped]}"),
        (" {not: {x: {gt: 1}}}", "{not: {x: {gt: 1}}}"),
    ],
)
def test_a_text_is_a_condition_as_in_match(text, match):
    assert parse_silence(text) == condition(match)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "a condition needs at least one field"),
        ("web", "'web' is no condition of a silence, expected 'service.name=web,"),
        ("=web", "'=web' is no condition of a silence"),
        ("a=1,,b=2", "'a=1,,b=2' is no condition of a silence"),
        ('a="b', "'a=\"b' is no condition of a silence"),
        ("a=1,a=2", "the silence 'a=1,a=2' has 'a' twice, expected it once"),
        ("a..b=1", "'a..b' is not a path: expected names joined by dots"),
        ("any=1", "'any' takes a list of conditions, found a number"),
        ("{state: {prefx: a, gt: 1}}", r"'prefx' is not an operator.* \(did you mean 'prefix'\?\)"),
        ("{state: a", "the '{' of line 1 is not closed"),
        ("{a: 1, a: 2}", "the key 'a' is here twice"),
        ("{a: \x00}", r"the character U\+0000 is not allowed in YAML"),
        ("{a: \udc80}", r"the character U\+DC80 is not allowed in YAML"),
        ("{state: {to: Stopped}}", "a silence cannot ask 'from' and 'to'"),
    ],
)
def test_what_is_none_is_told_with_words_that_help(text, said):
    with pytest.raises(ReactorError, match=said):
        parse_silence(text)


def test_a_node_that_asks_what_was_before_is_told_at_its_place():
    problems = Problems()

    assert silenced_by(node_of("any: [{x: 1}, {not: {x: {from: 1}}}]"), problems) is None
    assert [str(each).split(": ", 1)[1] for each in problems.found] == [
        "a silence cannot ask 'from' and 'to'"
    ]
