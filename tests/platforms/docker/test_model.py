from datetime import timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reactor.model.uri import object_uri
from reactor.platforms.docker.groups import state_of
from reactor.platforms.docker.objects import container_uuid, place_of
from reactor.platforms.docker.waiting import Answer
from tests.builders import replace
from tests.platforms.docker.story import (
    COMPOSE,
    ENGINE,
    MANAGER,
    SWARM,
    Story,
    a_container,
    an_event,
    at,
)

PODMAN = replace(ENGINE, version="4.3.1", is_podman=True)
UP = an_event("start", seconds=-60)


NUMBERS = {"die": "exitCode", "kill": "signal"}


def sequence(*steps, container="c0ffee", **labels):
    """Events of one container: `(seconds, action, exit code or signal)`."""
    told = []
    for seconds, action, *number in steps:
        values = {NUMBERS[action]: str(number[0])} if number else {}
        told.append(an_event(action, container, seconds, **values, **labels))
    return told


STOP = ((0, "kill", 15), (0.1, "die", 143), (0.2, "stop"))


@pytest.mark.parametrize(
    ("steps", "cause", "planned"),
    [
        (STOP, "planned_stop", True),
        (((0, "kill", 15), (0.1, "stop"), (0.2, "die", 143)), "planned_stop", True),
        (((0, "kill", 15), (9, "kill", 9), (9.1, "die", 137), (9.2, "stop")), "planned_stop", True),
        (((0, "kill", 9), (0.1, "die", 137), (0.2, "destroy")), "planned_stop", True),
        (((0, "kill", 9), (0.1, "die", 137)), "killed", True),
        (((0, "die", 137),), "killed", False),
        (((0, "oom"), (0.1, "die", 137)), "oom", False),
        (((0, "die", 0),), "completed", True),
        (((0, "die", 7),), "crash", False),
        (((0, "die", 7), (0.1, "destroy")), "crash", False),
        (((0, "die"),), "unknown", None),
    ],
)
def test_a_sequence_of_events_tells_why_a_container_ended(steps, cause, planned):
    story = Story()
    told = story.tell(UP, *sequence(*steps)) + story.wait(20)

    (end,) = (each.line for each in told if each.data.get("state") == "Stopped")
    assert end == ("container", "Stopped", cause, planned)


def test_an_end_is_told_at_once_where_it_is_certain_and_else_after_two_seconds():
    story = Story()
    story.tell(UP)

    assert [each.line for each in story.tell(*sequence(*STOP))][-1][1:3] == (None, None)
    assert story.tell(*sequence((5, "start"), (6, "kill", 9), (6.1, "die", 137)))[-1].line[1] != (
        "Stopped"
    )
    assert story.wait(8.0) == []
    assert [each.line[1:3] for each in story.wait(8.1)] == [("Stopped", "killed")]


def test_events_that_are_read_a_minute_late_are_judged_by_their_own_times():
    story = Story(answers=None)

    told = story.tell(UP, *sequence(*STOP, (1, "start"), (10, "die", 1), (20, "start")))

    assert [each.line[1:3] for each in told if each.line[1] == "Stopped"] == [
        ("Stopped", "planned_stop"),
        ("Stopped", "crash"),
    ]


def test_an_inspection_tells_what_no_event_did():
    found = a_container(state="Stopped", oom_killed=True, restart_count=3)
    story = Story(answers=Answer(container=found, evidence={"log_tail": "no memory"}))

    (end,) = story.tell(*sequence((0, "die", 137)))

    assert end.line[2:] == ("oom", False)
    assert end.facts["container"]["oom_killed"] is True
    assert end.facts["container"]["restart_count"] == 3
    assert end.facts["container"]["log_tail"] == "no memory"


def test_an_engine_that_does_not_answer_is_waited_for_two_seconds():
    story = Story(answers=None)
    assert story.tell(*sequence((0, "die", 7))) == []

    (ask,) = story.asked
    assert (ask.id, ask.until) == ("c0ffee", at(0))
    assert story.wait(1.9) == []
    assert [each.line[2] for each in story.wait(2)] == ["crash"]


def test_nothing_overtakes_what_waits_of_the_same_container():
    story = Story(answers=None)

    waiting = story.tell(*sequence((0, "die", 7), (0.5, "start")), an_event("start", "d00d", 0.6))

    assert [each.data["docker"]["Actor"]["ID"] for each in waiting] == ["d00d"]
    assert [each.line[1] for each in story.wait(3)] == ["Stopped", "Running"]


@pytest.mark.parametrize("made", [-30, 1.5])
def test_what_is_replaced_by_a_new_container_of_its_service_was_deployed(made):
    story = Story()
    new = an_event("create", "new", made, image="nginx:1.28", **COMPOSE)
    old = sequence(*STOP, **COMPOSE)

    told = story.tell(*sorted([*old, new], key=lambda event: event["timeNano"])) + story.wait(9)

    (end,) = (each for each in told if each.data.get("state") == "Stopped" and each.line[2])
    assert end.line == ("container", "Stopped", "deploy", True)
    assert end.facts["container"]["old_image"] == "nginx:1.27"
    assert end.facts["container"]["new_image"] == "nginx:1.28"


def test_a_replacement_that_comes_later_corrects_the_cause():
    story = Story()
    (end,) = (
        each
        for each in story.tell(*sequence(*STOP, **COMPOSE)) + story.wait(5)
        if each.line[:2] == ("container", "Stopped")
    )
    assert end.line[2] == "planned_stop"

    revised = story.tell(an_event("create", "new", 20, **COMPOSE))[0]

    assert revised.line == ("revised", None, "deploy", True)
    assert (revised.data["revises"], revised.data["was"]) == (end.data["uuid"], "planned_stop")


def a_crash(begin, lasts=5, **labels):
    return sequence((begin, "start"), (begin + lasts, "die", 1), **labels)


def causes(told):
    return [each.line[2] for each in told if each.line[:2] == ("container", "Stopped")]


def test_the_third_short_run_in_a_row_is_a_crash_loop():
    story = Story()
    every = [*a_crash(0), *a_crash(10), *a_crash(20), *a_crash(30, 40), *a_crash(80)]

    assert causes(story.tell(*every)) == ["crash", "crash", "crash_loop", "crash", "crash"]


def test_an_end_whose_start_was_not_seen_is_no_step_of_a_loop():
    assert causes(Story().tell(*(sequence((n, "die", 1))[0] for n in range(4)))) == ["crash"] * 4


@pytest.mark.parametrize("labels", [{"reactor.enable": "false"}])
def test_of_a_container_that_was_taken_out_nothing_is_told(labels):
    story = Story()

    assert story.tell(*a_crash(0, **labels)) + story.wait(9) == []
    assert story.listed(a_container(labels=labels)) == []
    assert story.asked == []


def test_health_is_told_when_it_turns():
    words = ("starting", "healthy", "unhealthy", "unhealthy", "healthy")
    events = [an_event(f"health_status: {word}", seconds=n) for n, word in enumerate(words)]

    told = Story().tell(*events)

    assert [each.line[2:] for each in told] == [
        *[(None, None)] * 2,
        ("unhealthy", False),
        (None, None),
        ("recovered", False),
    ]
    assert told[2].facts["container"]["health"] == "unhealthy"


def test_what_a_failing_probe_said_is_asked_for_if_a_rule_speaks_of_it():
    event = an_event("health_status: unhealthy")
    asked, unasked = Story(wishes=frozenset({"health_log"})), Story()

    asked.tell(event)
    unasked.tell(event)

    assert ([ask.id for ask in asked.asked], unasked.asked) == (["c0ffee"], [])


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        (((0, "stop"), (0.03, "die", 0)), ("planned_stop", True)),
        (((0, "restart"), (0.1, "stop"), (0.2, "die", 0), (0.3, "start")), ("planned_stop", True)),
        (((0, "die", 7),), ("crash", False)),
        (((0, "die", 0),), ("completed", True)),
    ],
)
def test_podman_tells_less_and_in_another_order(steps, told):
    story = Story(PODMAN)
    frames = story.tell(UP, *sequence(*steps)) + story.wait(9)

    assert [each.line[2:] for each in frames if each.line[1] == "Stopped"] == [told]


# Laws: whatever an engine tells, in whatever order.

PEERS = {
    "web1": COMPOSE,
    "web2": COMPOSE,
    "task1": {**SWARM, "com.docker.swarm.task.name": "shop_web.1.a"},
    "task2": {**SWARM, "com.docker.swarm.task.name": "shop_web.1.b"},
    "plain": {},
    "out": {"reactor.enable": "false"},
}
ACTIONS = [
    *("create", "start", "stop", "restart", "destroy", "oom", "rename", "pause"),
    *("kill 9", "kill 15", "kill 1", "die 0", "die 1", "die 137", "die"),
    *("health_status: healthy", "health_status: unhealthy"),
]
happened = st.lists(
    st.tuples(
        st.sampled_from(sorted(PEERS)),
        st.sampled_from(ACTIONS),
        st.sampled_from([0.0, 0.1, 0.5, 1.9, 2.0, 7.0, 40.0]),
    ),
    max_size=40,
)


def as_events(steps):
    """Events in their order: `(container, action, seconds since the one before)`."""
    seconds, told = 0.0, []
    for number, (container, action, later) in enumerate(steps):
        seconds += later + 0.001
        word, _, value = action.partition(" ")
        word, given = (word, {NUMBERS[word]: value}) if word in NUMBERS else (action, {})
        told.append(an_event(word, container, seconds, **given, n=str(number), **PEERS[container]))
    return told


def of_containers(told):
    return [each for each in told if "docker" in each.data]


@given(happened, st.sampled_from([ENGINE, MANAGER, PODMAN]), st.booleans())
def test_every_event_of_a_container_is_one_frame_in_its_order_within_two_seconds(
    steps, engine, answers
):
    events, told = as_events(steps), []
    story = Story(engine, answers=Answer() if answers else None)
    for event in events:
        for each in story.tell(event):
            told.append(each)
            if "docker" in each.data:
                late = event["timeNano"] - each.data["docker"]["timeNano"]
                assert late <= 2 * 10**9 or not story.wait(0)
    told += story.wait(10**6)

    expected = [event for event in events if event["Actor"]["ID"] != "out"]
    for name in PEERS:
        frames = [each.data["docker"] for each in of_containers(told)]
        assert [e for e in frames if e["Actor"]["ID"] == name] == [
            e for e in expected if e["Actor"]["ID"] == name
        ]
    assert len({each.data["uuid"] for each in told}) == len(told)


NEXT = {
    "new": {"create": "made"},
    "made": {"start": "up"},
    "up": {
        **dict.fromkeys(("kill 1", "oom", "rename", "health_status: unhealthy"), "up"),
        **dict.fromkeys(("kill 15", "kill 9"), "asked"),
        **dict.fromkeys(("die 0", "die 1", "die 137"), "down"),
    },
    "asked": {"kill 9": "asked", **dict.fromkeys(("die 0", "die 137", "die 143"), "down")},
    "down": {**dict.fromkeys(("stop", "rename"), "down"), "start": "up"},
}


@st.composite
def lives(draw):
    """Events of containers that live as containers do, and are not removed."""
    steps, phases = [], dict.fromkeys(PEERS, "new")
    for _ in range(draw(st.integers(0, 40))):
        name = draw(st.sampled_from(sorted(PEERS)))
        possible = NEXT[phases[name]]
        action = draw(st.sampled_from(sorted(possible)))
        phases[name] = possible[action]
        steps.append((name, action, draw(st.sampled_from([0.0, 0.1, 1.9, 7.0, 40.0]))))
    return as_events(steps)


def in_short(told):
    """Frames by their uuid; of one that was told twice the first, which the journal has."""
    found = {}
    for each in told:
        if each.data["type"] != "revised":
            found.setdefault(each.data["uuid"], each.line)
    return found


@given(lives(), st.data(), st.booleans())
def test_after_a_restart_at_any_point_all_is_told_as_without_it(events, data, answers):
    given_answer = Answer() if answers else None
    whole, story = Story(answers=given_answer), Story(answers=given_answer)
    expected = in_short(whole.tell(*events) + whole.wait(10**6))

    cut = data.draw(st.integers(0, len(events)))
    told = story.tell(*events[:cut])
    story = story.again()
    since = int(story.kept.get("since", 0))
    told += story.tell(*(event for event in events if event["timeNano"] >= since))
    told += story.wait(10**6)

    assert in_short(told) == expected


def as_listed(story):
    """What the engine would list now, by what the events told of it."""
    return [
        a_container(
            known.id,
            "Running" if known.state == "Stopping" else known.state,
            labels=known.labels,
            started_at=known.run.started_at and known.run.started_at - timedelta(milliseconds=3),
            finished_at=known.finished_at,
            exit_code=known.exit_code,
            health=known.health,
        )
        for known in story.model._containers.values()
    ]


@given(lives())
def test_a_listing_that_agrees_with_what_was_told_tells_nothing(events):
    story = Story()
    story.listed(seconds=-1000)
    story.tell(*events)
    end = story.end + 3
    assume("Stopping" not in {known.state for known in story.model._containers.values()})
    story.wait(end)

    assert story.listed(*as_listed(story), seconds=end) == []


@given(lives(), st.data())
def test_after_lost_events_a_listing_tells_how_all_ended(events, data):
    seeing, story = Story(), Story()
    seeing.tell(*events)
    seeing.wait(10**5)
    story.listed(seconds=-1000)
    cut = data.draw(st.integers(0, len(events)))
    told = story.tell(*events[:cut]) + story.wait(10**5)
    assume("deploy" not in {each.line[2] for each in told})

    inferred = story.listed(*as_listed(seeing), seconds=10**5)

    assert all(each.data["inferred"] for each in inferred)
    assert states(told + inferred) == states_listed(as_listed(seeing))
    assert story.listed(*as_listed(seeing), seconds=10**5 + 10) == []


def states(told):
    """Of each object the state that was told last."""
    with_state = [each for each in told if "state" in each.data]
    return {each.data["resource_uri"]: each.data["state"] for each in with_state}


def states_listed(containers):
    """What a listing shows, by brute force; that one replaced another it does not show."""
    found, services = {}, {}
    for each in containers:
        place = place_of(each.labels, ENGINE)
        found[object_uri("container", container_uuid(each.id))] = each.state
        if "com.docker.compose.service" in each.labels:
            services.setdefault((place.service, place.stack), []).append(each.state)
    for (service, stack), members in services.items():
        found[service.uri] = found[stack.uri] = state_of(members)
    return found


def test_an_end_that_waits_during_the_first_listing_still_changes_its_service():
    story = Story(answers=None)
    story.tell(an_event("start", **COMPOSE), an_event("die", seconds=5, exitCode="1", **COMPOSE))
    story.listed(a_container(state="Stopped", labels=COMPOSE), seconds=5.5)
    assert [each.line[0] for each in story.wait(8)] == ["container", "service", "stack"]
