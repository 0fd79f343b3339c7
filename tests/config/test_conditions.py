"""Reading conditions: every mistake is told, with its place and what to do."""

import pytest

from reactor.config.conditions import OPERATORS, parse_condition
from reactor.config.node import Entry, Problems, Scalar, Table
from reactor.model.problem import Place
from tests.conditions import condition, mistakes, node_of

WHOLE = "'from' and 'to' ask about a whole field, and cannot stand in"
CALLED_SO = "a field of the event that is called so is written"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{}", "a condition needs at least one field"),
        ("[x]", "expected a mapping of fields, found a list"),
        ("x", "expected a mapping of fields, found a text"),
        ("x: {}", "'x' needs operators or nested fields, found neither"),
        ("x: []", "an empty list fits nothing"),
        ("x: [[a]]", "an item of a list is a value or operators, found a list"),
        (
            "x: [{y: a}]",
            "'y' is not an operator: a map is either operators or nested fields",
        ),
        (
            "x.y: {any: [{z: a}]}",
            (
                "'z' is not an operator: a map is either operators or nested fields "
                "(a field in it is written 'x.y.z')"
            ),
        ),
        (
            "or: [{z: a}]",
            (
                "'z' is not an operator: a map is either operators or nested fields "
                "(whole conditions stand in the blocks any, all and not)"
            ),
        ),
        ("x: [{}]", "expected a value or operators, found an empty mapping"),
        (
            "x: {gt: 1, name: a}",
            "'name' is not an operator: a map is either operators or nested fields",
        ),
        (
            "x: {gt: 1, prefx: a}",
            (
                "'prefx' is not an operator: a map is either operators or nested fields "
                "(did you mean 'prefix'?)"
            ),
        ),
        ("x: {prefix: 5}", "'prefix': expected a text, found a number"),
        ("x: {prefix: {}}", "'prefix' takes a text, or {equals-ignore-case: TEXT}"),
        ("x: {suffix: {icase: a}}", "'suffix' takes a text, or {equals-ignore-case: TEXT}"),
        ("x: {prefix: {equals-ignore-case: 5}}", "'prefix': expected a text, found a number"),
        ("x: {suffix: null}", "'suffix': expected a text, found null"),
        (
            "x: {contains: [a]}",
            (
                "'contains' takes a single value, found a list "
                "(any of several is a list: [{contains: …}, {contains: …}])"
            ),
        ),
        ("x: {icase: true}", "'icase': expected a text, found true or false"),
        ("x: {gt: '1'}", "'gt': expected a number, found '1'"),
        ("x: {lte: true}", "'lte': expected a number, found true or false"),
        ("x: {gte: {not: 1}}", "'gte' takes a single value, found a mapping"),
        ("x: {exists: 1}", "'exists': expected true or false, found a number"),
        ("x: {exists: [true]}", "'exists' takes a single value, found a list"),
        ("x: {any: a}", "'any' takes a list, found a text"),
        ("x: {none: []}", "an empty list fits nothing"),
        ("x: {all: [[a]]}", "an item of a list is a value or operators, found a list"),
        ("x: {not: {}}", "expected a value or operators, found an empty mapping"),
        ("x: {not: []}", "an empty list fits nothing"),
        (
            "x: {not: {y: 1}}",
            "'y' is not an operator: a map is either operators or nested fields",
        ),
        ("x: {cidr: web}", "'cidr': expected a network such as 10.0.0.0/8, found 'web'"),
        ("x: {cidr: 10.0.0.0/40}", "'cidr': expected a network such as 10.0.0.0/8"),
        ("x: {regex: '('}", "'regex': it is not an RE2 pattern: missing ): (, found '('"),
        ("x: {regex: '(?=a)'}", "'regex': it is not an RE2 pattern"),
        ("x: {regex: 'a{501}b{2}'}", "'regex': it repeats too much, which would be slow"),
        ("x: {glob: '[a'}", "'glob': a '[' is not closed, found '[a'"),
        ("x: {glob: '[z-a]'}", "'glob': it is not an RE2 pattern"),
        (f"x: {{regex: {'a' * 1025}}}", "'regex': a pattern has at most 1024 bytes"),
        (f"x: {{glob: {'é' * 513}}}", "'glob': a pattern has at most 1024 bytes"),
        (f"x: {{glob: {'a?' * 251}}}", "'glob': a glob has at most 250 of '*', '?' and '['"),
        ("x: {field: 5}", "'field': expected names joined by dots"),
        ("x: {field: a..b}", "'field': expected names joined by dots"),
        ("a..b: 1", "'a..b' is not a path: expected names joined by dots"),
        ("'$.a[': 1", "'$.a[' is not a path: it is not JSONPath"),
        ("x: {'$.y': 1}", "JSONPath is written at the level of match"),
        ("$.x: {y: 1}", "nothing can be nested in a JSONPath (write the whole path)"),
        ("any: 5", f"'any' takes a list of conditions, found a number ({CALLED_SO} '$.any')"),
        ("all: {x: 1}", "'all' takes a list of conditions, found a mapping"),
        ("any: []", "'any' needs at least one condition"),
        ("any: [x]", f"'any' takes conditions, found a text ({CALLED_SO} '$.any')"),
        ("not: [{x: 1}]", f"'not' takes one condition, found a list ({CALLED_SO} '$.not')"),
        ("not: {}", "a condition needs at least one field"),
        ("$or: {x: 1}", "'$or' takes a list of conditions, found a mapping"),
        ("$or: 5", f"'$or' takes a list of conditions, found a number ({CALLED_SO} '$['$or']')"),
        ("x: {$or: []}", "'$or' needs at least one condition"),
        ("x: {$or: [a]}", "'$or' takes fields nested in 'x', found a text"),
        ("x: {$or: [{prefix: a}]}", "'$or' takes fields nested in 'x', found operators"),
        ("x: {$or: [{}]}", "'x' needs operators or nested fields, found neither"),
        (
            "x: {$or: [{y: 1}], prefix: a}",
            "'$or' is not an operator: a map is either operators or nested fields",
        ),
        ("x: {from: []}", "an empty list fits nothing"),
        ("x: {to: {gt: a}}", "'gt': expected a number, found 'a'"),
        ("x: {any: [{not: {to: a}}]}", f"{WHOLE} 'any'"),
        ("x: {to: [a, {from: b}]}", f"{WHOLE} 'to'"),
        ("x: {from: a, t: b}", "'t' is not an operator: a map is either operators or nested"),
    ],
)
def test_a_mistake_is_told_in_plain_words(text, told):
    (mistake,) = mistakes(text)

    assert mistake.startswith(told)


def test_a_field_that_no_path_can_write_gets_no_advice():
    assert [told.endswith("nested fields") for told in mistakes("x: {$or: [], gt: 1}")] == [True]


def test_all_mistakes_are_told_at_once():
    text = """
        a..b: 1
        x: {gt: a, from: [], nme: c}
        any: [{y: []}, 7]
        not: {z: {regex: "("}}
    """

    assert len(mistakes(text)) == 5


def test_of_operators_all_mistakes_are_told_at_once():
    assert len(mistakes("x: {gt: a, from: {lt: b}, to: [], any: [c, {to: d}]}")) == 4


def test_a_mistake_has_its_place():
    problems = Problems(rule="web")
    parse_condition(node_of("state: Stopped\nx:\n  gt: 1\n  prefx: a\n"), problems)

    (problem,) = problems.found
    assert (problem.place.line, problem.place.column) == (4, 3)
    assert problem.rule == "web"


def test_a_secret_cannot_be_part_of_a_condition():
    place = Place("rules.yaml", 1, 1)
    secret = Scalar(place=place, value="s3cret", secrets=("${file:/run/s}",))
    match = Table(place=place, entries={"x": Entry(key_place=place, value=secret)})
    problems = Problems()

    assert parse_condition(match, problems) is None
    assert [problem.message for problem in problems.found] == [
        "a secret cannot be part of a condition"
    ]


def test_a_condition_keeps_path_operator_and_operand():
    leaf = condition("container.exit_code: {gt: 0}")

    assert (leaf.path.text, leaf.operator.name, leaf.operator.operand) == (
        "container.exit_code",
        "gt",
        0,
    )


def test_equal_texts_are_equal_conditions():
    text = "{x: {gte: 1, lt: 5}, any: [{y: a}, {not: {z: [1, {glob: 'b*'}]}}]}"

    assert condition(text) == condition(text)


@pytest.mark.parametrize("name", [name for name in OPERATORS if name not in ("any", "all", "not")])
def test_an_operators_name_can_be_a_field(name):
    assert condition(f"{name}: 1").path.text == name
