import json
from itertools import product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reactor.config.conditions import parse_condition
from reactor.config.doubts import warn_of_doubts
from reactor.config.node import Entry, Items, Problems, Table
from reactor.model.event import Record
from reactor.model.platform import SHAPED
from reactor.sources import SOURCES
from tests.builders import replace
from tests.conditions import node_of
from tests.config.loading import load_text

CLOUD = {"cloud": SOURCES["dockercloud"].shapes}
DOCKER = {"local": SOURCES["docker"].shapes}
HEARD = {
    **CLOUD,
    **DOCKER,
    "nightly": SOURCES["schedule"].shapes,
    "lines": SOURCES["file"].shapes,
}


def warned(match, sources=CLOUD, more=""):
    """What a rule is warned of: column, message and hint; `match` begins in column 9."""
    problems = Problems()
    warn_of_doubts(node_of(f"{{match: {match}{more}}}"), sources, problems)
    return [
        (problem.place.column, problem.message + (f" ({problem.hint})" if problem.hint else ""))
        for problem in problems.warnings
    ]


def told(match, sources=CLOUD, more=""):
    return [message for _, message in warned(match, sources, more)]


@pytest.mark.parametrize("key", ["then", "not_then", "resolve"])
def test_what_is_asked_of_other_events_is_doubted_by_itself(key):
    more = f", {key}: {{match: {{type: node, state: stopped}}}}"

    [message] = told("{type: container, state: Stopped}", more=more)
    assert message.startswith('no event of type node has the state "stopped" (there are: Init,')


STOPPED = "no event of type container has the state \"stopped\" (did you mean 'Stopped'?)"


@pytest.mark.parametrize(
    ("match", "message"),
    [
        ("{type: container, state: stopped}", STOPPED),
        ("{all: [{state: stopped}, {type: container}]}", STOPPED),
        ("{type: container, state: [Stopped, stopped]}", STOPPED),
        ("{state: stopped}", "no event has the state \"stopped\" (did you mean 'Stopped'?)"),
        ("{state: Exploded}", 'no event has the state "Exploded"'),
        ("{state: 5}", "no event has the state 5"),
        (
            "{type: service, state: Not Running}",
            "no event of type service has the state \"Not Running\" (did you mean 'Not running'?)",
        ),
        (
            "{type: action, state: {prefix: Stop}}",
            """no event of type action has a state that fits \
(there are: Pending, In progress, Canceling, Canceled, Success, Failed)""",
        ),
        (
            "{type: [node, stack], state: Success}",
            'no event of type stack or node has the state "Success"',
        ),
        (
            "{any: [{type: node}, {type: container}], state: Stopped}",
            'no event of state Stopped has the type "node" (there are: container, service, stack)',
        ),
        ("{type: gap, state: Stopped}", 'no event of type gap has the state "Stopped"'),
        ("{type: containers}", "no event has the type \"containers\" (did you mean 'container'?)"),
        ("{action: updated}", "no event has the action \"updated\" (did you mean 'update'?)"),
        ("{action: stop}", 'no event has the action "stop" (there are: create, update, delete)'),
        (
            "{service.state: partly running}",
            "no event has the service.state \"partly running\" (did you mean 'Partly running'?)",
        ),
        ("{x: {gt: 5, lt: 3}}", "no number is greater than 5 and less than 3"),
        ("{x: [1, {gte: 5, lt: 5}]}", "no number is at least 5 and less than 5"),
        (
            "{container.exit_code: {gt: 9}, any: [{container.exit_code: 5}]}",
            "no number is greater than 9 and at most 5",
        ),
        (
            '{container.exit_code: "137"}',
            "'container.exit_code' is a number, never \"137\" (did you mean 137?)",
        ),
        ("{container.exit_code: [0, none]}", "'container.exit_code' is a number, never \"none\""),
        ("{service.name: 5}", "'service.name' is a text, never 5 (did you mean \"5\"?)"),
        (
            "{labels: {quiet: true}}",
            "'labels.quiet' is a text, never true (did you mean \"true\"?)",
        ),
        ("{sevice.name: web}", "no event has 'sevice' (did you mean 'service'?)"),
        (
            "{container: {exitcode: {gt: 5}}}",
            "no event has 'container.exitcode' (did you mean 'container.exit_code'?)",
        ),
        (
            "{state: {prefx: St}}",
            "'prefx' is taken for a field of 'state' (did you mean 'prefix'?)",
        ),
        (
            "{labels.com.example.tier: prod}",
            (
                "'labels.com' is a text and has no field 'example' "
                """(did you mean labels."com.example.tier"?)"""
            ),
        ),
        (
            "{type: container, exit_code: 1}",
            "no event has 'exit_code' (did you mean 'container.exit_code'?)",
        ),
        (
            "{service: [{exists: true, prefix: web}]}",
            "'service' is an object, which 'prefix' never fits (did you mean 'service.name'?)",
        ),
        (
            "{service: web-*}",
            "no service.name has a '*' in it (did you mean service.name: {glob: \"web-*\"}?)",
        ),
        (
            "{container: {image: [nginx, 'nginx:*']}}",
            (
                "no container.image has a '*' in it "
                '(did you mean container.image: {glob: "nginx:*"}?)'
            ),
        ),
        ("{cause: crashed}", "no event has the cause \"crashed\" (did you mean 'crash'?)"),
        ("{planned: no}", "'planned' is true or false, never \"no\""),
        ("{not: {resouce_uri: x}}", "no event has 'resouce_uri' (did you mean 'resource_uri'?)"),
    ],
)
def test_what_can_never_be_true_is_told_once(match, message):
    assert told(match) == [message]


@pytest.mark.parametrize(
    "match",
    [
        "{type: container, state: Stopped}",
        "{type: stack, state: [Not running, Not Running]}",
        "{type: [container, service], state: Scaling}",
        "{type: container, state: Created}",
        "{type: image, state: Building}",
        "{type: {not: container}, state: [Success, Building]}",
        "{type: gap, reason: {contains: full}, from: null}",
        "{type: error, data.errorMessage: {exists: true}}",
        "{type: {exists: false}}",
        "{state: {exists: false}, action: {not: [create, delete]}}",
        "{state: {field: container.state}}",
        "{not: {state: stopped}}",
        "{not: {any: [{type: containers}, {x: {gt: 5, lt: 3}}]}}",
        "{state: {not: stopped}}",
        "{cause: [crash, oom, crash_loop], planned: false}",
        "{container.log_tail: '***'}",
        "{any: [{type: service}, {type: container}], state: Stopped}",
        "{x: 5, all: [{x: {gt: 9}}]}",  # a list has several numbers
        "{x: {not: {gt: 5, lt: 3}}}",
        "{x: [{lt: 3}, {gt: 5}]}",
        "{x: {prefix: web, suffix: db}}",
        "{container.exit_code: [0, null, 1.0, {gt: 128}]}",
        "{container.exit_code: [{lt: 3}, {gt: 9}], all: [{container.exit_code: 5.5}]}",
        "{service.name: null, service.state: {exists: false}}",
        "{docker.Actoin: oom, docker.state: stopped, labels.Type: x, '$.docker[0]': 1}",
        "{severity: high, container.tier: gold, inferred: true, parents: {contains: service}}",
        "{exit_code: 1, name: web}",  # of what is no frame of the platform nobody knows
        "{type: image, name: web}",
        "{service: {not: {prefix: a}}, stack: {exists: true}, labels.a: '*', container: null}",
        "{service: web, node: {name: {prefix: a}}, nodecluster.target_num_nodes: {gt: 3}}",
        "{service: {from: web, to: {not: db}}, state: {from: Running, to: Stopped}}",
    ],
)
def test_what_may_be_true_is_left_in_peace(match):
    assert told(match) == []


@pytest.mark.parametrize(
    ("match", "column"),
    [
        ("{type: container, state: stopped}", 34),
        ("{type: container, state: [Stopped, stopped]}", 44),
        ("{x: {gt: 5, lt: 3}}", 25),
        ('{x: {numeric: [">", 5, "<", 3]}}', 37),
        ("{sevice.name: web}", 10),
        ("{container: {exitcode: 1}}", 22),
        ("{labels.quiet: true}", 24),
        ("{labels: {com.example.tier: 1}}", 19),
        ("{container: {exists: true, gt: 1}}", 36),
    ],
)
def test_the_place_is_that_of_the_value_or_the_key(match, column):
    assert [at for at, _ in warned(match)] == [column]


def test_what_docker_never_sends_is_known_by_its_own_table():
    assert told("{type: container, action: create, state: Running}", DOCKER) == [
        'no event of type container and action create has the state "Running" (there are: Starting)'
    ]
    [none] = told("{type: action}", DOCKER)
    assert none.endswith("(there are: container, service, stack, node, revised, gap)")
    assert told("{type: container, state: Terminating}", CLOUD) == []


@pytest.mark.parametrize(
    ("source", "is_warned"),
    [
        ("", False),  # `lines` may send anything
        (", source: lines", False),
        (", source: [cloud, lines]", False),
        (", source: cloud", True),
        (", source: [local, cloud, nightly]", True),
    ],
)
def test_only_where_every_source_says_what_it_sends(source, is_warned):
    assert bool(told("{state: stopped, sevice.name: web}", HEARD, source)) is is_warned
    assert told("{x: {gt: 5, lt: 3}}", HEARD, source)
    assert told("{ref: {prefx: refs/heads}}", HEARD, source)


def test_a_schedule_has_ticks_and_gaps():
    source = ", source: nightly"

    assert told("{type: tick, scheduled_at: {suffix: Z}}", HEARD, source) == []
    assert told("{type: ticks}", HEARD, source) == [
        "no event has the type \"ticks\" (did you mean 'tick'?)"
    ]


@pytest.mark.parametrize(
    ("match", "is_warned"),
    [
        ("{type: container, state: stopped}", True),
        ("{type: [container, service], sevice.name: web}", True),
        ("{type: container, state: Exploded}", False),  # nothing is near
        ("{type: [container, build], state: stopped}", False),
        ("{type: containers}", False),
        ("{state: stopped}", False),
        ("{sevice.name: web}", False),
        ("{x: {gt: 5, lt: 3}}", True),
    ],
)
def test_without_sources_a_platform_is_meant_where_its_types_are_named(match, is_warned):
    assert bool(told(match, {})) is is_warned


def test_unless_and_if_are_asked_of_events_that_match():
    more = ", unless: {state: Running}, actions: [{log: info}, {log: info, if: {type: node}}]"

    assert told("{type: container, state: Stopped}", CLOUD, more) == [
        'no event of type container and state Stopped has the state "Running" (there are: Stopped)',
        'no event of type container and state Stopped has the type "node" (there are: container)',
    ]


def test_a_load_tells_them_with_their_rule(tmp_path):
    text = """\
sources: {local: {type: docker}}
rules:
  - {name: a, match: {state: Stopped}, actions: [{log: info}]}
  - {name: b, match: {state: stopped}, enabled: false, actions: [{log: info}]}
"""

    [warning] = load_text(tmp_path, text).warnings

    assert (warning.rule, warning.place.line, warning.hint) == ("b", 4, "did you mean 'Stopped'?")


NUMBERS = st.integers(-1, 10) | st.sampled_from([4.5])
BOUNDS = st.dictionaries(st.sampled_from(["gt", "gte", "lt", "lte"]), NUMBERS, min_size=1)
WORDS = {
    "type": ["container", "service", "node", "gap", "containers"],
    "action": ["create", "update", "updated"],
    "state": ["Starting", "Running", "Stopped", "stopped", "Success", "Deployed"],
    "container.state": ["Running", "running"],
}
VALUES = {
    **{
        name: st.sampled_from(words)
        | st.fixed_dictionaries({"prefix": st.sampled_from(["S", "s", "cont", "up"])})
        | st.fixed_dictionaries({"not": st.sampled_from(words)})
        | st.fixed_dictionaries({"exists": st.booleans()})
        for name, words in WORDS.items()
    },
    "container.exit_code": NUMBERS | BOUNDS | st.sampled_from(["5", None]),
    "docker.n": NUMBERS | BOUNDS,
    "labels.quiet": st.sampled_from([True, 5, "5", "true"]),
    "container": st.sampled_from([{"exists": True, "prefix": "c"}, {"any": ["c", {"not": "c"}]}]),
    "container.exitcode": NUMBERS,
    "exit_code": NUMBERS,
    "labels.quiet.down": NUMBERS,
}
MISNOMERS = ("container.exitcode", "exit_code", "labels.quiet.down")
SURE = {name: value for name, value in VALUES.items() if name not in MISNOMERS}


def blocks(values):
    """Conditions on one or two of these fields."""
    fields = [
        st.tuples(st.just(name), each | st.lists(each, min_size=1, max_size=2))
        for name, each in values.items()
    ]
    return st.lists(st.one_of(fields), min_size=1, max_size=2).map(dict)


CONDITIONS = st.recursive(
    blocks(VALUES),
    lambda inner: (
        st.builds(
            lambda fields, key, parts: fields | {key: parts},
            blocks(VALUES),
            st.sampled_from(["any", "all", "$or"]),
            st.lists(inner, min_size=1, max_size=2),
        )
        | st.builds(lambda fields, part: fields | {"not": part}, blocks(VALUES), blocks(SURE))
    ),
    max_leaves=3,
)


def is_at(node, place):
    """Whether something of a node stands at this place."""
    if node.place == place:
        return True
    if isinstance(node, Items):
        return any(is_at(each, place) for each in node.items)
    entries = node.entries.values() if isinstance(node, Table) else ()
    return any(each.key_place == place or is_at(each.value, place) for each in entries)


def only(node, place):
    """A condition without the alternatives to what stands at this place."""
    entries = {}
    for key, entry in node.entries.items():
        value = entry.value
        if isinstance(value, Items):
            at = tuple(each for each in value.items if is_at(each, place))
            items = value.items if key == "all" else at or value.items
            if key in ("any", "all", "$or"):
                items = tuple(only(each, place) for each in items)
            value = replace(value, items=items)
        entries[key] = replace(entry, value=value)
    return replace(node, entries=entries)


def some_events(shapes, chance):
    """Records of a platform's shapes, with some facts and without."""
    described = [shape for shape in shapes if shape["state"]]
    for _ in range(300):
        shape = chance.choice(described)
        fields = {name: chance.choice(shape[name]) for name in SHAPED}
        facts = {
            "container": {"exit_code": chance.choice([None, *range(-1, 11)])},
            "labels": {"quiet": chance.choice(["true", "5", ""])},
            "docker": {"n": chance.choice([[], [2, 9], 4.5, "4", *range(-1, 11)])},
        }
        facts["container"]["state"] = chance.choice(["Running", "Stopped"])
        known = {name: fact for name, fact in facts.items() if chance.random() < 0.9}
        told = {name: value for name, value in fields.items() if value is not None}
        yield Record({**told, **known}, platform=True)


EVENTS = {name: list(some_events(SOURCES[name].shapes, Random(7))) for name in ("docker", "tutum")}


@pytest.mark.parametrize("name", EVENTS)
@settings(max_examples=200)
@given(match=CONDITIONS)
def test_what_is_warned_of_is_never_true(name, match):
    node, problems = node_of(json.dumps(match)), Problems()
    rule = Table(place=node.place, entries={"match": Entry(key_place=node.place, value=node)})

    warn_of_doubts(rule, {"source": SOURCES[name].shapes}, problems)

    for warning in problems.warnings:
        asked = parse_condition(only(node, warning.place), Problems())
        assert [event for event in EVENTS[name] if asked.evaluate(event) is True] == []


def test_what_docker_can_send_is_never_warned_of_and_all_else_is():
    types, actions, states = (WORDS[name] for name in SHAPED)
    for type_, action, state in product(types, actions, states):
        match = json.dumps({"type": type_, "action": action, "state": state})
        wanted = {"type": type_, "action": action, "state": state}
        can_be = any(
            all(wanted[name] in shape[name] for name in SHAPED) for shape in DOCKER["local"]
        )

        assert bool(told(match, DOCKER)) is not can_be
