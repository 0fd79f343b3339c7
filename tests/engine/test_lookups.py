"""What an event needs to be told under the rules, and what of an answer it may believe."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.engine.compiled import CompiledRules
from reactor.engine.lookups import answered, needs, recalled, uri_of, wanted
from reactor.engine.normalize import record_of
from reactor.engine.rest import LINKS
from reactor.engine.selector import parse_path
from reactor.model.event import PLATFORM_OBJECTS, Event
from reactor.model.lookup import NOT_ASKED, Found, Need, Reference
from tests.builders import NOON, Says, a_rule, a_ruleset, an_action, an_event, replace
from tests.conditions import condition
from tests.rest_objects import OTHER_UUID, URIS, UUIDS, an_opened, rest_object


@dataclass(frozen=True)
class Speaks:
    """Of an action type, what lookups ask of it: here its parameters are the references."""

    def references(self, action):
        return iter(action.parameters)


ACTIONS = {"log": Speaks()}


def wants(*texts: str, **rule: object):
    """A rule for each of these conditions."""
    rules = [a_rule(name=text, match=condition(text), **rule) for text in texts]
    return wanted(CompiledRules(a_ruleset(*rules)), ACTIONS)


def asked(event: Event, *texts: str) -> list[tuple[str, bool]]:
    """Which kinds rules with these conditions need, and whether fresh."""
    return [(need.kind, need.fresh) for need in needs(event, wants(*texts))]


def tell(event: Event, kind: str, *, fresh: bool = True, after: bool = False, **changes) -> Event:
    """The event after an answer about its object."""
    found = Found(object=rest_object(kind, **changes))
    return answered(event, Need(kind, URIS[kind], fresh), found, has_follower=after)


def fail(event: Event, kind: str, *, fresh: bool = True) -> Event:
    found = Found(object=None, reason="404 Not Found")
    return answered(event, Need(kind, URIS[kind], fresh), found, has_follower=False)


def test_a_rule_wants_what_any_part_of_it_speaks_of():
    spoken = [Reference("service", name) for name in "abcde"]
    action = an_action(parameters=(spoken[3],), condition=Says(speaks_of=(spoken[4],)))
    rule = a_rule(
        match=Says(speaks_of=(spoken[0],)),
        unless=Says(speaks_of=(spoken[1],)),
        group_by=(parse_path("service.c"), parse_path("state")),
        actions=(action, replace(action, parameters=(Reference("stack", "x"),), enabled=False)),
    )

    want = wanted(CompiledRules(a_ruleset(rule)), ACTIONS)

    assert want.references == {rule.name: frozenset(spoken)}


def test_rules_that_speak_of_no_object_want_nothing():
    assert not wants("{type: container, state: Stopped}").references


def test_an_event_of_a_source_without_lookups_needs_nothing():
    assert needs(an_event(), wants("service.name: web")) == ()


@pytest.mark.parametrize(
    ("kind", "parents", "unknown"),
    [
        ("container", (), PLATFORM_OBJECTS),
        ("container", ("service", "node"), PLATFORM_OBJECTS),
        ("service", (), ("service", "stack")),
        ("service", ("stack",), ("service", "stack")),
        ("stack", (), ("stack",)),
        ("node", (), ("node", "nodecluster")),
        ("nodecluster", (), ("nodecluster",)),
    ],
)
def test_what_an_event_names_and_leads_to_is_unknown(kind, parents, unknown):
    assert an_opened(kind, *parents).unknown == dict.fromkeys(unknown, NOT_ASKED)


def test_an_action_is_not_looked_up_but_what_it_was_done_to_is():
    action = f"/api/audit/v1/action/{OTHER_UUID}/"

    event = an_opened("service", resource_uri=action, parents=[URIS["service"]])

    assert {*event.unknown} == {"service", "stack"}


@pytest.mark.parametrize(
    "uri",
    [
        "/api/app/v1/service/s-1/",
        URIS["service"].removesuffix("/"),
        URIS["service"].replace("/app/", "/x/"),
        f"/api/app/v1/service/{OTHER_UUID}/../service/{OTHER_UUID}/",
    ],
)
def test_what_no_request_can_be_made_from_is_not_asked_for(uri):
    event = an_opened("container", parents=[uri, URIS["stack"]])

    assert uri_of(event, "service") is None
    assert event.unknown["service"] == "its URI is not that of an object"
    assert asked(event, "service.name: web", "stack.name: web") == [("stack", False)]


def test_with_an_object_that_cannot_be_asked_those_behind_it_are_lost():
    event = an_opened("container", resource_uri="/api/app/v1/container/c-1/")

    assert {*event.unknown.values()} == {"its URI is not that of an object"}


@pytest.mark.parametrize(
    ("texts", "parents", "expected"),
    [
        (["state: Running"], (), []),
        (["container.exit_code: 3"], (), [("container", True)]),
        (["container.name: web"], (), [("container", False)]),
        (["container.uri: x", "container.uuid: x", "container: {exists: true}"], (), []),
        (["container.service: x"], (), [("container", False)]),
        (["$.container.*: x"], (), [("container", True)]),
        (["container.name: web", "container.exit_code: 3"], (), [("container", True)]),
        (["container.exit_code: 3", "container.name: web"], (), [("container", True)]),
        (["service.name: web"], ("service",), [("service", False)]),
        (["service.name: web"], (), [("container", False)]),
        (["service.state: Running"], (), [("container", False)]),
        (["service: web"], ("service",), [("service", False)]),
        ([f"service: {URIS['service']}"], ("service",), []),
        ([f"service: {URIS['service']}"], (), [("container", False)]),
        (["stack.name: web"], ("service",), [("service", False)]),
        (["stack.name: web"], (), [("container", False)]),
        (["nodecluster.name: web"], ("node",), [("node", False)]),
        (["nodecluster: {exists: false}"], (), [("container", False)]),
        (["stack.name: a", "service.state: b"], ("service",), [("service", True)]),
        (["node.name: a", "service.state: b"], ("node",), [("container", False), ("node", False)]),
        (["{state: Running, service.name: web}"], ("service",), []),
        (["any: [{state: Stopped}, {service.name: web}]"], ("service",), [("service", False)]),
    ],
)
def test_it_needs_what_a_rule_that_may_match_speaks_of(texts, parents, expected):
    assert asked(an_opened("container", *parents, state="Stopped"), *texts) == expected


def test_objects_that_an_event_cannot_have_are_not_looked_for():
    event = an_opened("stack")

    assert asked(event, "container.name: web", "service.name: {exists: false}") == []


def test_a_need_names_the_uri_as_the_event_does():
    uri = f"/api/app/v1/service/{UUIDS['service']}/"

    event = an_opened("container", parents=[uri])

    assert needs(event, wants("service.name: web")) == (Need("service", uri, fresh=False),)
    assert tell(event, "service").facts["service"]["uri"] == URIS["service"]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({}, 1),
        ({"sources": ("cloud",)}, 1),
        ({"sources": ("other",)}, 0),
        ({"unless": Says(True)}, 0),
        ({"unless": Says(False)}, 1),
        ({"unless": Says(None)}, 1),
        ({"enabled": False}, 0),
    ],
)
def test_a_rule_that_cannot_match_needs_nothing(rule, expected):
    assert len(needs(an_opened("container"), wants("container.name: web", **rule))) == expected


def test_what_does_not_change_is_recalled_and_leads_on():
    event = recalled(an_opened("container", state="Stopped"), "container", rest_object("container"))

    assert event.facts["container"] == {
        "uuid": UUIDS["container"],
        "uri": URIS["container"],
        "name": "the container",
        "service": URIS["service"],
        "node": URIS["node"],
    }
    assert event.facts["service"] == {"uuid": UUIDS["service"], "uri": URIS["service"]}
    assert event.unknown["container"] == NOT_ASKED
    assert asked(event, "container.name: x", "container: x", "service: {exists: true}") == []
    assert asked(event, "container.exit_code: 3") == [("container", True)]


def test_what_is_recalled_of_another_object_or_of_none_changes_nothing():
    event = an_opened("container", "service")

    assert recalled(event, "service", rest_object("service", uuid=OTHER_UUID)) is event
    assert recalled(event, "stack", rest_object("stack")) is event


def test_a_link_does_not_replace_a_parent_that_the_event_names():
    service = URIS["service"].replace(UUIDS["service"], OTHER_UUID)

    event = tell(an_opened("container", "service"), "container", service=service)

    assert event.facts["service"] == {"uuid": UUIDS["service"], "uri": URIS["service"]}


def test_where_a_link_is_null_there_is_no_such_object_nor_what_it_would_lead_to():
    event = tell(an_opened("container"), "container", fresh=False, service=None)

    assert {*event.unknown} == {"container", "node", "nodecluster"}
    assert condition("service: {exists: false}").evaluate(record_of(event))
    assert asked(event, "service.name: web", "stack.name: web") == []


def test_where_a_service_is_gone_a_stack_that_the_event_names_is_not():
    event = tell(an_opened("container", "stack"), "container", service=None)

    assert event.unknown["stack"] == NOT_ASKED


@pytest.mark.parametrize(
    "link", ["", "web", URIS["node"], URIS["service"] + "x", 5, {"name": "web"}]
)
def test_a_link_that_leads_nowhere_leaves_the_object_unknown(link):
    event = tell(an_opened("container"), "container", service=link)

    why = "what belongs to it does not tell its URI"
    assert (event.unknown["service"], event.unknown["stack"]) == (why, why)
    assert "service" not in event.facts


def test_a_link_that_is_not_told_is_not_a_null():
    told = rest_object("container")
    del told["service"]

    event = recalled(an_opened("container"), "container", told)

    assert event.unknown["service"] == "what belongs to it does not tell its URI"


def test_an_answer_tells_all_of_an_object():
    event = tell(an_opened("container", "service"), "service", state="Running")

    assert event.facts["service"] == {
        "uuid": UUIDS["service"],
        "uri": URIS["service"],
        "name": "the service",
        "state": "Running",
        "size": 1,
        "stack": URIS["stack"],
    }
    assert "service" not in event.unknown
    assert condition("service.memory: {exists: false}").evaluate(record_of(event)) is True


def test_an_older_answer_tells_only_what_does_not_change():
    event = tell(an_opened("container", "service"), "service", fresh=False)

    assert "size" not in event.facts["service"]
    assert event.unknown["service"] == NOT_ASKED


def test_a_failure_is_the_reason_why_an_object_and_those_behind_it_are_unknown():
    event = fail(an_opened("container", "stack"), "container", fresh=False)

    why = "404 Not Found"
    assert event.unknown == {
        "container": why, "service": why, "node": why, "nodecluster": why, "stack": NOT_ASKED
    }  # fmt: skip
    assert asked(event, "container.name: a", "service.name: a", "nodecluster.name: a") == []
    assert asked(event, "stack.name: a") == [("stack", False)]


def test_what_was_known_before_a_failure_stays_known():
    event = tell(an_opened("container"), "container", fresh=False, service=None)

    event = fail(event, "container")

    assert event.facts["container"]["name"] == "the container"
    assert "service" not in event.unknown
    assert event.unknown["node"] == NOT_ASKED


def test_an_answer_about_another_object_is_a_failure():
    event = tell(an_opened("container", "service"), "service", uuid=OTHER_UUID)

    assert event.unknown["service"] == "the answer is about another object"
    assert event.facts == an_opened("container", "service").facts


BEFORE = "Tue, 06 May 2031 10:20:20 +0000"
AFTER = "Tue, 06 May 2031 10:20:33 +0000"
HARDLY_AFTER = "Tue, 06 May 2031 10:20:32 +0000"
AGAIN = "it changed again before it could be asked"


@pytest.mark.parametrize(
    ("frame", "told", "doubt"),
    [
        ({"state": "Stopped"}, {}, None),
        ({"state": "Stopped"}, {"state": "Running"}, "it is Running by now, not Stopped"),
        ({"state": "Stopped"}, {"state": None}, "it is in no state by now, not Stopped"),
        ({"state": "x" * 99}, {"state": "Running"}, f"it is Running by now, not {'x' * 40}"),
        ({}, {"state": "Running"}, None),
        ({"state": "Stopped"}, {"after": True}, AGAIN),
        ({}, {"after": True}, AGAIN),
        ({}, {"started_datetime": BEFORE, "stopped_datetime": None}, None),
        ({}, {"started_datetime": HARDLY_AFTER}, None),
        ({"state": "Stopped"}, {"started_datetime": HARDLY_AFTER}, AGAIN),
        ({"state": "Stopped"}, {"stopped_datetime": HARDLY_AFTER}, None),
        ({}, {"started_datetime": AFTER}, AGAIN),
        ({}, {"stopped_datetime": AFTER}, AGAIN),
        ({}, {"deployed_datetime": AFTER}, AGAIN),
        ({}, {"destroyed_datetime": AFTER}, AGAIN),
        ({}, {"last_seen": AFTER, "started_datetime": "soon"}, None),
        ({"datetime": None}, {"started_datetime": AFTER}, AGAIN),  # it came before that
        ({"datetime": "9999-12-31T23:59:59Z"}, {"started_datetime": AFTER}, None),
    ],
)
def test_no_event_is_told_of_another_moment_of_its_own_object(frame, told, doubt):
    event = an_opened("container", **{"datetime": NOON.isoformat(), **frame})

    event = tell(event, "container", exit_code=4, **told)

    assert event.unknown.get("container") == doubt
    assert ("exit_code" in event.facts["container"]) is (doubt is None)
    assert event.facts["container"]["name"] == "the container"


def test_of_other_objects_it_is_told_how_they_are_now():
    event = an_opened("container", "service", state="Stopped", datetime=NOON.isoformat())

    event = tell(event, "service", after=True, state="Running", started_datetime=AFTER)

    assert event.facts["service"]["state"] == "Running"
    assert "service" not in event.unknown


CONDITIONS = [
    *(f"{kind}.{field}: x" for kind in PLATFORM_OBJECTS for field in ("name", "size", "uri")),
    *("service: web", "stack: {exists: false}", "$..name: x", "container.service: {exists: true}"),
    *("not: {stack.state: Stopped}", "state: {field: node.name}", "{state: Running, node: a}"),
]
EVENTS = st.builds(
    lambda kind, parents, frame: an_opened(kind, *parents, **frame),
    st.sampled_from(PLATFORM_OBJECTS),
    st.sets(st.sampled_from(PLATFORM_OBJECTS)),
    st.sampled_from([{}, {"state": "Stopped"}, {"state": "Running"}]),
)
HOWS = {
    "whole": rest_object,
    "bare": lambda kind: {},
    "without links": lambda kind: rest_object(kind, **dict.fromkeys(LINKS[kind])),
    "with odd links": lambda kind: rest_object(kind, **dict.fromkeys(LINKS[kind], "web")),
    "another": lambda kind: rest_object(kind, uuid=OTHER_UUID),
    "failure": lambda kind: None,
}
ANSWERS = st.tuples(st.sampled_from([*HOWS]), st.booleans())


def given_answer(event: Event, need: Need, answer: tuple[str, bool]) -> Event:
    how, after = answer
    found = Found(object=HOWS[how](need.kind), reason="503 Service Unavailable")
    return answered(event, need, found, has_follower=after)


@given(EVENTS, st.sets(st.sampled_from(CONDITIONS)), st.lists(ANSWERS, min_size=5, max_size=5))
def test_no_need_is_asked_twice_and_asking_ends(event, texts, answers):
    wanted, asked_before = wants(*sorted(texts)), set()
    how = dict(zip(PLATFORM_OBJECTS, answers, strict=True))

    for _ in range(4):
        now = needs(event, wanted)
        assert len({need.kind for need in now}) == len(now)
        assert not asked_before & {(need.kind, need.fresh) for need in now}
        asked_before |= {(need.kind, need.fresh) for need in now}
        for need in now:
            event = given_answer(event, need, how[need.kind])

    assert needs(event, wanted) == ()


@given(EVENTS, st.lists(st.tuples(st.sampled_from(PLATFORM_OBJECTS), st.booleans(), ANSWERS)))
def test_an_answer_never_makes_known_things_unknown(event, answers):
    for kind, fresh, answer in answers:
        before = event.unknown.keys()
        event = given_answer(event, Need(kind, URIS[kind], fresh), answer)
        assert event.unknown.keys() <= before | {kind}
        truths = [condition(each).evaluate(record_of(event)) for each in CONDITIONS]
        assert {*truths} <= {True, False, None}
