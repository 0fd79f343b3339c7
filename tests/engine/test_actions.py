"""What is read of the platform's list of actions, and what cannot be."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.engine.actions import PlatformAction, actions_of
from reactor.model.lookup import Found
from tests.rest_objects import OTHER_UUID, URIS, an_action_on

SERVICE = URIS["service"]
STARTED = datetime(2030, 1, 7, 12, 0, 0, tzinfo=UTC)


def a_list(*actions: object, total: object = None) -> Found:
    meta = {"total_count": len(actions) if total is None else total}
    return Found(object={"meta": meta, "objects": list(actions)})


def test_the_actions_of_the_object_are_read_and_no_others():
    redeploy = an_action_on("service", "Redeploy")
    without_namespace = redeploy["object"].replace("/acme/", "/")
    same = redeploy | {"object": without_namespace.upper().replace("/API/APP/V1", "/api/app/v1")}
    other = redeploy | {"object": f"/api/app/v1/service/{OTHER_UUID}/"}

    told = actions_of(SERVICE, a_list(redeploy, other, {}, 7, redeploy | {"object": None}))

    assert [each["action"] for each in told] == ["Service Redeploy"]
    assert len(actions_of(without_namespace, a_list(redeploy, same | {"object": SERVICE}))) == 2


def test_of_an_action_only_what_is_needed_is_kept():
    redeploy = an_action_on("service", "Redeploy")

    (told,) = actions_of(SERVICE, a_list(redeploy | {"body": "secret", "path": "x" * 301}))

    assert told.keys() == redeploy.keys() - {"path", "end_date", "body"}


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (Found(object=None, reason="503 Service Unavailable"), "503 Service Unavailable"),
        (Found(object={"meta": {"total_count": 0}}), "the answer is no list of actions"),
        (Found(object={"objects": []}), "the answer is no list of actions"),
        (Found(object={"meta": 7, "objects": []}), "the answer is no list of actions"),
        (a_list(total="1"), "the answer is no list of actions"),
        (a_list({}, total=101), "there are 101, and only 1 were told"),
    ],
)
def test_a_list_that_does_not_tell_all_tells_nothing(found, why):
    assert actions_of(SERVICE, found) == why


@pytest.mark.parametrize(
    ("action", "verb"),
    [
        ({"action": "Service Redeploy"}, "redeploy"),
        ({"action": "Service Scale Up"}, "scale"),
        ({"action": "Container Stop"}, "stop"),
        ({"action": "Stack Terminate"}, "terminate"),
        ({"action": "Service Update", "method": "PATCH", "path": SERVICE}, ""),
        ({"action": "Service Start", "method": "POST", "path": f"{SERVICE}start/"}, ""),
        ({"method": "POST", "path": f"{SERVICE}redeploy/?reuse_volumes=False"}, "redeploy"),
        ({"action": "Odd", "method": "POST", "path": f"{SERVICE}stop/"}, "stop"),
        ({"action": "Odd", "method": "DELETE", "path": SERVICE}, "terminate"),
        ({"path": "/x/stop/"}, ""),
        ({}, ""),
    ],
)
def test_what_was_done_is_told_by_the_name_or_by_the_request(action, verb):
    read = PlatformAction.read({"start_date": "Mon, 07 Jan 2030 12:00:00 +0000", **action})

    assert read.verb == verb


@pytest.mark.parametrize(
    ("state", "end", "ended_at"),
    [
        ("Pending", None, None),
        ("In progress", None, None),
        ("Canceling", None, None),
        ("Success", "Mon, 07 Jan 2030 12:00:09 +0000", STARTED.replace(second=9)),
        ("Failed", None, STARTED),  # it is over, and nobody says since when
    ],
)
def test_an_action_goes_on_until_it_says_otherwise(state, end, ended_at):
    action = an_action_on("service", "Redeploy", state=state)
    told = action if end is None else action | {"end_date": end}

    read = PlatformAction.read(told)

    assert (read.started_at, read.ended_at) == (STARTED, ended_at)


def test_an_action_that_never_began_is_none():
    assert PlatformAction.read({"action": "Service Redeploy", "start_date": "soon"}) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.just(SERVICE),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["meta", "total_count", "objects", "object", "start_date", "action"]),
            inner,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["meta", "objects"]), JSON))
def test_no_answer_is_too_odd_to_be_read(answer):
    told = actions_of(SERVICE, Found(object=answer))

    assert isinstance(told, str) or all(
        each is None or each.verb == "" for each in map(PlatformAction.read, told)
    )
