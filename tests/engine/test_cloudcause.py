"""Why a container of the cloud ended: a row for each thing that its actions and exit code say."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.engine.cloudcause import ACTED_ON, asked_since, concluded, gathered, with_actions
from reactor.engine.compiled import CompiledRules
from reactor.engine.lookups import answered, needs, opened, wanted
from reactor.engine.normalize import record_of
from reactor.model.event import CAUSE, CAUSE_FACTS, PLATFORM_OBJECTS, Event
from reactor.model.lookup import NOT_ASKED, Found, Need
from tests.builders import a_rule, a_ruleset, an_event
from tests.conditions import condition
from tests.rest_objects import URIS, an_action_on, an_opened, rest_object

NOON = datetime(2030, 1, 7, 12, 0, 0, tzinfo=UTC)
LIVING = ("service", "node", "stack")  # the parents that a container's frames name
FAILED = Found(object=None, reason="503 Service Unavailable")


def rest_date(seconds: float) -> str:
    return f"{NOON + timedelta(seconds=seconds):%a, %d %b %Y %H:%M:%S} +0000"


def an_end(state: str = "Stopped", seconds: float = 10, **frame: object) -> Event:
    """The frame of a container's end, so long after noon, as it came."""
    at = NOON + timedelta(seconds=seconds)
    told = {"state": state, "datetime": f"{at:%Y-%m-%dT%H:%M:%SZ}", **frame}
    parents = [URIS[kind] for kind in LIVING]
    told = {"resource_uri": URIS["container"], "parents": parents, **told}
    return opened(an_event(source="cloud", platform=True, at=at, **told))


def told_of(event: Event, kind: str, **changes: object) -> Event:
    """The event after an answer about its object."""
    named = {"state": event.data["state"]} if kind == "container" else {"state": "Deployed"}
    found = Found(object=rest_object(kind, **{**named, **changes}))
    need = Need(kind, URIS[kind], fresh=True)
    return answered(event, need, found, has_follower=False)


def a_list(*actions: object) -> Found:
    return Found(object={"meta": {"total_count": len(actions)}, "objects": list(actions)})


def judged(event: Event, *actions: dict[str, str], node: str = "Deployed", **container) -> Event:
    """The event after all answers."""
    fields = {"exit_code": 1, "started_datetime": rest_date(-3600), **container}
    event = told_of(told_of(event, "container", **fields), "node", state=node)
    for kind in ACTED_ON:
        own = [each for each in actions if each["object"] == URIS[kind]]
        event = with_actions(event, kind, URIS[kind], a_list(*own))
    return concluded(event)


def verdict(event: Event) -> tuple[object, object]:
    return event.facts.get("cause"), event.facts.get("planned")


def ended(verb: str, seconds: float, kind: str = "service") -> dict[str, str]:
    """An action that ended so long after noon."""
    return an_action_on(kind, verb, state="Success", end_date=rest_date(seconds))


REDEPLOY, STOP, SCALE, TERMINATE = (
    an_action_on("service", verb) for verb in ("Redeploy", "Stop", "Scale", "Terminate")
)
NEW = {"started_datetime": rest_date(5)}
NEVER_RAN = {"started_datetime": None, "deployed_datetime": rest_date(5)}
DEPLOY, PLANNED, CRASH = ("deploy", True), ("planned_stop", True), ("crash", False)
UNKNOWN = ("unknown", None)
GONE = an_end("Terminated", inferred=True)


@pytest.mark.parametrize(
    ("event", "actions", "container", "expected"),
    [
        # Nothing was done.
        (an_end(), [], {}, CRASH),
        (an_end(), [], {"exit_code": 0}, ("completed", True)),
        (an_end(), [], {"exit_code": 137}, ("killed", False)),
        (an_end(), [], {"exit_code": 143}, CRASH),
        (an_end(), [], {"exit_code": None}, UNKNOWN),
        (an_end(), [], {"exit_code": "1"}, UNKNOWN),
        (an_end("Terminated"), [], {}, CRASH),
        # Something was.
        (an_end(), [REDEPLOY], {}, DEPLOY),
        (an_end(), [STOP], {"exit_code": 137}, PLANNED),
        (an_end(), [TERMINATE], {}, PLANNED),
        (an_end("Terminated"), [TERMINATE], {"exit_code": None}, PLANNED),
        (an_end(), [an_action_on("container", "Stop")], {}, PLANNED),
        (an_end(), [an_action_on("stack", "Redeploy", state="Pending")], {}, DEPLOY),
        (an_end(), [an_action_on("service", "Start")], {}, CRASH),
        (an_end(), [STOP, REDEPLOY | {"start_date": rest_date(3)}], {}, DEPLOY),  # the later one
        # What is scaled down is terminated; a crash while it is scaled up is Stopped.
        (an_end("Terminated"), [SCALE], {}, PLANNED),
        (an_end(), [SCALE], {}, CRASH),
        # An action has a beginning and an end, and explains 60 s more.
        (an_end(seconds=0), [REDEPLOY], {}, DEPLOY),  # within the same second
        (an_end(seconds=-1), [REDEPLOY], {}, CRASH),
        (an_end(seconds=70), [ended("Redeploy", 10)], {}, DEPLOY),  # 70 - 10 = 60
        (an_end(seconds=71), [ended("Redeploy", 10)], {}, CRASH),  # 71 - 10 = 61
        (an_end(seconds=9), [ended("Redeploy", 10)], {}, DEPLOY),  # it went on then
        (an_end(seconds=3600), [REDEPLOY], {}, DEPLOY),
        (an_end(seconds=3601), [REDEPLOY], {}, CRASH),  # it hangs
        # A run that began after the action is none that it ends: the new container crashes.
        (an_end(), [REDEPLOY], NEW, CRASH),
        (an_end(), [REDEPLOY], NEVER_RAN, CRASH),
        (an_end(), [REDEPLOY], {"started_datetime": rest_date(0)}, DEPLOY),
        # The container tells by the clock of the actions when it ended, whatever the frame says.
        (an_end(seconds=-5), [REDEPLOY], {"stopped_datetime": rest_date(-4)}, CRASH),
        (an_end(seconds=90), [ended("Stop", 9)], {"stopped_datetime": rest_date(8)}, PLANNED),
        # What was missed ended nobody knows when, unless the container says so.
        (an_end(inferred=True), [REDEPLOY], {}, UNKNOWN),
        (an_end(inferred=True), [], {"stopped_datetime": rest_date(-9)}, CRASH),
        (an_end(inferred=True), [], {"stopped_datetime": rest_date(-6 * 3600)}, UNKNOWN),
        (GONE, [TERMINATE], {"destroyed_datetime": rest_date(9)}, PLANNED),
    ],
)
def test_the_table_of_causes(event, actions, container, expected):
    assert verdict(judged(event, *actions, **container)) == expected


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ("Unreachable", ("host_down", False)),
        ("Terminating", PLANNED),
        ("Terminated", PLANNED),
        ("Upgrading", CRASH),
    ],
)
def test_a_container_may_end_with_its_node(node, expected):
    assert verdict(judged(an_end(), node=node)) == expected
    assert verdict(judged(an_end(), REDEPLOY, node=node)) == DEPLOY


@pytest.mark.parametrize(
    ("event", "evidence"),
    [
        (
            judged(an_end(), REDEPLOY),
            f"action Service Redeploy of {URIS['service']} was In progress at 12:00:10",
        ),
        (
            judged(an_end(), ended("Stop", 3)),
            f"action Service Stop of {URIS['service']} ended at 12:00:03",
        ),
        (
            judged(an_end(), exit_code=137),
            "exit code 137, and no Redeploy, Stop, Scale or Terminate explains it",
        ),
        (judged(an_end(), exit_code=None), "no exit code was told"),
        (judged(an_end(), node="Unreachable"), "its node the node is Unreachable"),
        (
            judged(an_end(inferred=True), exit_code=3),
            "exit code 3, and nobody was connected when it ended",
        ),
    ],
)
def test_each_cause_tells_its_proof(event, evidence):
    assert event.facts["cause_evidence"] == [evidence]


def test_a_judged_event_has_all_three_facts_and_nothing_else_is_left():
    event = judged(an_end())

    assert {*CAUSE_FACTS} <= record_of(event).fields.keys()
    assert event.facts.keys() - {*PLATFORM_OBJECTS} == {*CAUSE_FACTS}
    assert CAUSE not in event.unknown


def without(event: Event, missing: str) -> Event:
    """The event after all answers, of which one is a failure: "service" is that of its actions."""
    for kind in ("container", "node"):
        if kind != missing:
            event = told_of(event, kind, exit_code=1)
        else:
            need = Need(kind, URIS[kind], fresh=True)
            event = answered(event, need, FAILED, has_follower=False)
    for kind in ACTED_ON:
        told = FAILED if missing == f"{kind}'s" else a_list()
        event = with_actions(event, kind, URIS[kind], told)
    return concluded(event)


@pytest.mark.parametrize(
    ("missing", "why"),
    [
        ("container", "container: 503 Service Unavailable"),
        ("node", "node: 503 Service Unavailable"),
        ("container's", "actions on the container: 503 Service Unavailable"),
        ("service's", "actions on the service: 503 Service Unavailable"),
        ("stack's", "actions on the stack: 503 Service Unavailable"),
    ],
)
def test_what_could_not_be_asked_leaves_the_cause_unknown_and_says_why(missing, why):
    event = without(an_end(), missing)

    assert event.unknown[CAUSE] == why
    assert verdict(event) == (None, None)
    for text in ("cause: crash", "cause: {not: deploy}", "planned: false", "planned: true"):
        assert condition(text).evaluate(record_of(event)) is None


def failing(event: Event, *actions: dict[str, str]) -> Event:
    """The event when its container could not be asked for, but all else could."""
    event = told_of(event, "node")
    for kind in ACTED_ON:
        event = with_actions(event, kind, URIS[kind], a_list(*actions))
    need = Need("container", URIS["container"], fresh=True)
    return concluded(answered(event, need, FAILED, has_follower=False))


def test_what_is_terminated_needs_no_exit_code_but_what_is_stopped_may_be_a_new_container():
    assert verdict(failing(an_end("Terminated"), REDEPLOY)) == DEPLOY
    assert verdict(failing(an_end("Stopped"), REDEPLOY)) == (None, None)


def test_actions_that_could_not_all_be_asked_may_be_enough():
    event = with_actions(told_of(an_end(), "container"), "service", URIS["service"], a_list(STOP))

    assert verdict(concluded(event)) == PLANNED


def test_an_event_of_which_nothing_was_gathered_stays_as_it_is():
    assert concluded(an_end()) == an_end()


@pytest.mark.parametrize(
    ("kind", "state", "unknown"),
    [
        ("container", "Stopped", True),
        ("container", "Terminated", True),
        ("container", "Running", False),
        ("service", "Stopped", False),
    ],
)
def test_only_the_end_of_a_container_has_a_cause_to_be_asked_for(kind, state, unknown):
    event = opened(an_event(platform=True, resource_uri=URIS[kind], state=state))

    assert (event.unknown.get(CAUSE) == NOT_ASKED) is unknown


def test_a_container_that_cannot_be_asked_for_has_no_cause_and_says_why():
    event = an_end(resource_uri="/api/app/v1/container/c-1/")

    assert event.unknown[CAUSE] == "its URI is not that of an object"


def test_a_node_that_is_unreachable_is_host_down_at_once():
    event = opened(an_event(platform=True, resource_uri=URIS["node"], state="Unreachable"))

    assert verdict(event) == ("host_down", False)
    assert event.facts["cause_evidence"] == ["it is Unreachable"]
    assert CAUSE not in event.unknown


def test_a_cause_that_the_source_knows_is_kept():
    event = an_event(
        platform=True, resource_uri=URIS["container"], state="Stopped", facts={"cause": "oom"}
    )

    assert opened(event).facts["cause"] == "oom"
    assert CAUSE not in opened(event).unknown


def asked(event: Event, text: str) -> tuple[Need, ...]:
    """What a rule with this condition needs to know of the event."""
    rules = CompiledRules(a_ruleset(a_rule(match=condition(text), actions=())))
    return needs(event, wanted(rules, {}))


@pytest.mark.parametrize(
    ("text", "state", "parents", "objects", "lists"),
    [
        ("planned: false", "Stopped", LIVING, ["container", "node"], 3),
        ("cause: crash", "Terminated", LIVING, ["container", "node"], 3),
        ("cause_evidence: {exists: true}", "Stopped", (), ["container"], 1),
        ("planned: false", "Stopped", ("service",), ["container", "service"], 2),  # to the stack
        ("planned: false", "Running", LIVING, [], 0),
        ("container.exit_code: 1", "Stopped", LIVING, ["container"], 0),
        ("{planned: false, type: x}", "Stopped", LIVING, [], 0),
    ],
)
def test_who_asks_why_asks_for_the_container_its_node_and_what_was_done(
    text, state, parents, objects, lists
):
    needed = asked(an_opened("container", *parents, state=state), text)

    assert [need.kind for need in needed if need.since is None] == objects
    told = [need for need in needed if need.since is not None]
    assert [need.kind for need in told] == [*ACTED_ON][:lists]
    assert all(need.fresh and need.uri == URIS[need.kind] for need in told)


def test_a_list_of_actions_is_asked_for_once():
    event = an_end()
    (need, *_) = (each for each in asked(event, "planned: false") if each.since)

    event = answered(event, need, FAILED, has_follower=False)

    assert need not in asked(event, "planned: false")


def test_events_of_one_hour_ask_for_the_same_actions():
    since = {asked_since(an_end(seconds=second)) for second in (0, 1800, 3599)}

    assert since == {datetime(2030, 1, 7, 6, 0, 0, tzinfo=UTC)}  # 12 - 6


TEXTS = st.sampled_from(["", "x", rest_date(0), "Fri, 31 Dec 9999 23:59:59 +0000", "Stop"])
ACTIONS = st.lists(
    st.dictionaries(st.sampled_from([*STOP, "end_date"]), TEXTS).map(
        lambda odd: ended("Stop", 5) | odd | {"object": URIS["service"]}
    ),
    max_size=3,
)
DATES = st.none() | st.integers() | TEXTS


@given(st.sampled_from(["Stopped", "Terminated"]), ACTIONS, st.none() | st.integers(), DATES, DATES)
def test_whatever_is_told_there_is_a_cause_or_a_reason(state, actions, code, started, stopped):
    container = {"exit_code": code, "started_datetime": started, "stopped_datetime": stopped}
    event = judged(an_end(state), *actions, **container)

    assert ("cause" in event.facts) is (CAUSE not in event.unknown)
    assert ("planned" in event.facts) is (event.facts.get("cause") not in (None, "unknown"))
    assert not gathered(event)
