"""One call, step by step, and what is asked before it is made again."""

from datetime import UTC, timedelta

import pytest

from reactor.clock import utc_now
from reactor.engine.judge import judge_http
from reactor.model.request import CallStep, Fault, ObjectCall, Response, Verdict
from reactor.model.uri import read_uri
from reactor.platforms.steps import carry_out
from tests.builders import replace
from tests.platforms.apis import ScriptedApi, answered

SECOND = timedelta(seconds=1)
ID = "4f2a9c31d0b84e6f9a7c5d3e1b20f846"
UUID = "00000000-0000-4000-8000-000000000001"
WEB = f"/api/app/v1/service/{UUID}/"
ACTION = "/api/audit/v1/action/00000000-0000-4000-8000-00000000000a/"
REDEPLOY = CallStep("POST", "redeploy", "reuse_volumes=false")
TERMINATE = CallStep("DELETE")
SCALE = (CallStep("PATCH", body=b'{"target_num_containers":3}'), CallStep("POST", "scale"))
ACCEPTED = Response(status=202, action_uri=ACTION)
NONE_YET = answered({"meta": {"total_count": 0}, "objects": []})


def a_call(*steps, uri=WEB, **changes):
    target, _ = read_uri(uri)
    call = ObjectCall(
        source="cloud",
        target=target,
        steps=steps or (REDEPLOY,),
        delivery_id=ID,
        is_repeated=False,
        is_renewed=False,
        promised_at=utc_now() - 60 * SECOND,
        timeout=10 * SECOND,
    )
    return replace(call, **changes)


def an_action(**changes):
    """One that is ours by its name."""
    action = {
        "resource_uri": ACTION,
        "object": WEB,
        "method": "POST",
        "path": f"{WEB}redeploy/",
        "user_agent": f"reactor/0.1.0 delivery/{ID}",
        "start_date": written(utc_now()),
        "state": "Success",
    }
    return action | changes


def written(moment):
    return moment.astimezone(UTC).strftime("%a, %d %b %Y %H:%M:%S +0000")


def listed(*actions, **changes):
    meta = {"limit": 100, "offset": 0, "total_count": len(actions)}
    return answered({"meta": meta | changes, "objects": list(actions)})


def scripted(*answers, **options):
    """An API that gives these answers, one a request."""
    rest = list(answers)
    return ScriptedApi(lambda _: rest.pop(0), **options)


def carry(api, call):
    return carry_out(api, call, lambda: True)


def test_a_call_goes_to_the_object_with_its_verb_and_query():
    api = scripted(ACCEPTED)

    assert carry(api, a_call()) == ACCEPTED
    assert api.steps == [("POST", f"{WEB}redeploy/?reuse_volumes=false")]
    assert api.asked[0].user_agent == f"delivery/{ID}"
    assert 9 * SECOND < api.asked[0].timeout <= 10 * SECOND


def test_terminating_deletes_the_object():
    api = scripted(ACCEPTED, namespace="acme")

    carry(api, a_call(TERMINATE))

    assert api.steps == [("DELETE", f"/api/app/v1/acme/service/{UUID}/")]


def test_scaling_patches_and_then_posts():
    api = scripted(Response(status=200), ACCEPTED)

    assert carry(api, a_call(*SCALE)) == ACCEPTED
    assert api.steps == [("PATCH", WEB), ("POST", f"{WEB}scale/")]
    assert [request.body for request in api.asked] == [SCALE[0].body, b""]


@pytest.mark.parametrize(
    "response", [Response(status=503), Response(status=302), Response(fault=Fault.TIMEOUT)]
)
def test_a_step_is_made_only_after_the_one_before_it_succeeded(response):
    api = scripted(response)

    assert carry(api, a_call(*SCALE)) == response
    assert len(api.asked) == 1


def test_nothing_is_sent_after_the_time_is_up():
    api = scripted()

    response = carry(api, a_call(timeout=timedelta()))

    assert (response.fault, api.asked) == (Fault.TIMEOUT, [])


def test_nothing_is_sent_that_nobody_wants_any_more():
    api, wanted = scripted(Response(status=200)), [True, False]

    carry_out(api, a_call(*SCALE), lambda: wanted.pop(0))

    assert len(api.asked) == 1


def test_a_repeat_asks_the_objects_actions_first():
    api = scripted(NONE_YET, ACCEPTED)

    assert carry(api, a_call(is_repeated=True)) == ACCEPTED
    assert api.steps == [
        ("GET", f"/api/audit/v1/action/?object={WEB}&limit=100&offset=0"),
        ("POST", f"{WEB}redeploy/?reuse_volumes=false"),
    ]


def test_tutums_actions_are_asked_at_their_own_place():
    api = scripted(NONE_YET, ACCEPTED)

    carry(api, a_call(uri=f"/api/v1/service/{UUID}/", is_repeated=True))

    assert api.paths[0] == f"/api/v1/action/?object=/api/v1/service/{UUID}/&limit=100&offset=0"


def test_what_an_earlier_attempt_has_reached_is_not_made_again():
    api = scripted(listed(an_action(user_agent="someone"), an_action()))

    response = carry(api, a_call(is_repeated=True))

    detail = f"an earlier attempt has reached it: {ACTION}"
    assert response == Response(status=202, action_uri=ACTION, detail=detail)
    assert len(api.asked) == 1
    outcome = judge_http(response)
    assert (outcome.verdict, outcome.detail) == (Verdict.SUCCEEDED, detail)


SINCE = utc_now() - 60 * SECOND


@pytest.mark.parametrize(
    ("changes", "is_ours"),
    [
        ({}, True),
        ({"object": f"/api/app/v1/acme/service/{UUID}/"}, True),
        ({"object": WEB.replace(UUID[-1], "2")}, False),
        ({"object": None}, False),
        ({"object": 1}, False),
        ({"user_agent": "docker-cloud/1.0.9"}, False),
        ({"method": None, "path": None}, True),
        ({"method": "PATCH", "path": WEB}, False),  # the first step of a scaling
        ({"user_agent": ""}, True),  # as much as is known fits
        ({"user_agent": None}, True),
        ({"user_agent": None, "path": f"/api/app/v1/acme/service/{UUID}/redeploy/?x=1"}, True),
        ({"user_agent": None, "path": f"{WEB}redeploy"}, True),
        ({"user_agent": None, "path": f"{WEB}start/"}, False),
        ({"user_agent": None, "path": WEB}, False),
        ({"user_agent": None, "path": None}, False),
        ({"user_agent": None, "method": "DELETE"}, False),
        ({"user_agent": None, "start_date": written(SINCE - SECOND)}, True),
        ({"user_agent": None, "start_date": written(SINCE - 3 * SECOND)}, False),
        ({"user_agent": None, "start_date": None}, False),
        ({"user_agent": None, "start_date": "soon"}, False),
    ],
)
def test_an_action_is_ours_by_its_name_or_else_by_what_was_asked_since(changes, is_ours):
    api = scripted(listed(an_action(**changes)), Response(status=202))
    promised_at = SINCE.replace(microsecond=0)

    response = carry(api, a_call(is_repeated=True, promised_at=promised_at))

    assert response.detail.startswith("an earlier attempt has reached it") == is_ours


@pytest.mark.parametrize(
    ("is_renewed", "started", "is_ours"),
    [
        (True, written(SINCE - 3 * SECOND), False),  # it kept the promise before
        (True, written(SINCE - SECOND), True),
        (True, written(SINCE), True),
        (True, None, True),
        (True, "soon", True),
        (False, written(SINCE - 3600 * SECOND), True),  # our clock was set back meanwhile
    ],
)
def test_an_action_of_ours_from_before_a_redelivery_does_not_keep_the_new_promise(
    is_renewed, started, is_ours
):
    api = scripted(listed(an_action(start_date=started)), ACCEPTED)
    promised_at = SINCE.replace(microsecond=0)
    call = a_call(is_repeated=True, is_renewed=is_renewed, promised_at=promised_at)

    response = carry(api, call)

    assert response.detail.startswith("an earlier attempt has reached it") == is_ours


@pytest.mark.parametrize(("ahead", "is_ours"), [(-3600, True), (0, False)])
def test_the_servers_clock_counts_where_it_differs(ahead, is_ours):
    """Promised a minute ago, the action began 50 s ago by a clock that is an hour slow; by one
    that is right it began an hour before the promise."""
    now = utc_now()
    action = an_action(user_agent=None, start_date=written(now - 3650 * SECOND))
    page = Response(
        status=200, body=listed(action).body, date=(now + ahead * SECOND).replace(microsecond=0)
    )

    response = carry(scripted(page, ACCEPTED), a_call(is_repeated=True))

    assert bool(response.detail) == is_ours


def test_an_action_without_a_decent_uri_is_still_ours():
    api = scripted(listed(an_action(resource_uri="http://evil/\r\n")))

    response = carry(api, a_call(is_repeated=True))

    assert (response.action_uri, response.detail) == (None, "an earlier attempt has reached it")


def offsets(api):
    return [int(path.rpartition("=")[2]) for path in api.paths if "offset=" in path]


@pytest.mark.parametrize(
    ("total", "asked"),
    [
        (100, [0]),
        (101, [0, 1]),
        (250, [0, 150, 50]),
        (5000, [0, 4900, 4800, 4700, 4600]),
    ],
)
def test_of_many_pages_the_first_and_the_last_ones_are_read(total, asked):
    others = [an_action(user_agent="someone")] * 100
    api = ScriptedApi(
        lambda request: listed(*others, total_count=total) if request.method == "GET" else ACCEPTED
    )

    assert carry(api, a_call(is_repeated=True)) == ACCEPTED
    assert offsets(api) == asked


def test_an_action_on_a_later_page_is_found():
    others = [an_action(user_agent="someone")] * 100
    api = scripted(listed(*others, total_count=201), listed(*others[1:], an_action()))

    assert carry(api, a_call(is_repeated=True)).action_uri == ACTION
    assert offsets(api) == [0, 101]


@pytest.mark.parametrize(
    ("response", "fault", "why"),
    [
        (Response(status=503), Fault.RECEIVE, "503 Service Unavailable"),
        (Response(status=404), Fault.RECEIVE, "404 Not Found"),
        (Response(fault=Fault.TIMEOUT, detail="no answer"), Fault.TIMEOUT, "no answer"),
        (Response(status=200, body=b"<html>"), Fault.RECEIVE, "the answer is no list of actions"),
        (answered({"objects": []}), Fault.RECEIVE, "the answer is no list of actions"),
        (listed(total_count=7), Fault.RECEIVE, "the answer is no list of actions"),
    ],
)
def test_a_question_without_a_good_answer_means_no_call_and_another_try(response, fault, why):
    api = scripted(response)

    answer = carry(api, a_call(is_repeated=True))

    assert answer.fault is fault
    prefix = "whether the earlier attempt has reached it could not be asked: "
    assert answer.detail == prefix + why
    assert judge_http(answer).verdict is Verdict.RETRY
    assert len(api.asked) == 1


def test_a_question_that_is_put_off_is_put_again_when_the_api_says():
    wait = timedelta(seconds=30)
    api = scripted(Response(status=429, retry_after=wait))

    assert judge_http(carry(api, a_call(is_repeated=True))).retry_after == wait


def test_a_repeated_scaling_that_was_half_made_is_finished():
    """The number is set already, which is an action of ours too: the second step is left."""
    patched = listed(an_action(method="PATCH", path=WEB))
    api = scripted(patched, answered({"target_num_containers": 3}), ACCEPTED)

    assert carry(api, a_call(*SCALE, is_repeated=True)) == ACCEPTED
    assert [method for method, _ in api.steps] == ["GET", "GET", "POST"]


def test_a_repeated_scaling_that_reached_nothing_is_made_whole():
    shown = answered({"target_num_containers": 2})
    api = scripted(NONE_YET, shown, Response(status=200), ACCEPTED)

    assert carry(api, a_call(*SCALE, is_repeated=True)) == ACCEPTED
    assert [method for method, _ in api.steps] == ["GET", "GET", "PATCH", "POST"]


def test_a_repeated_scaling_that_was_made_is_left_alone_whatever_came_after():
    api = scripted(listed(an_action(path=f"{WEB}scale/")))

    assert carry(api, a_call(*SCALE, is_repeated=True)).action_uri == ACTION
    assert len(api.asked) == 1


@pytest.mark.parametrize("response", [Response(status=404), Response(status=200, body=b"[]")])
def test_an_object_that_cannot_be_asked_is_not_changed(response):
    api = scripted(NONE_YET, response)

    answer = carry(api, a_call(*SCALE, is_repeated=True))

    assert "could not be asked" in answer.detail
    assert len(api.asked) == 2


@pytest.mark.parametrize(
    ("body", "is_made"),
    [(b'{"tags":["a"]}', False), (b'{"tags":["b"]}', True), (b'{"new":1}', True), (b"[1]", True)],
)
def test_a_repeated_change_is_made_only_where_the_object_differs(body, is_made):
    api = scripted(answered({"tags": ["a"], "name": "web"}), Response(status=200))

    response = carry(api, a_call(CallStep("PATCH", body=body), is_repeated=True))

    assert response.status == 200
    assert len(api.asked) == (2 if is_made else 1)
