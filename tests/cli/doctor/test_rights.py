"""What an engine lets us do is told by its answers, and what is missing by the proxy's flags."""

import pytest

from reactor.cli.doctor.finding import Status
from reactor.cli.doctor.rights import ABSENT, INFO, READING, SWARM, Reply, acting, judge_rights

NO_SUCH = f'{{"message":"No such container: {ABSENT}"}}'
YES, NO = Reply(200, "[]"), Reply(403, "<h1>403 Forbidden</h1>")


@pytest.mark.parametrize(
    ("reply", "is_yes"),
    [
        (Reply(200, ""), True),
        (Reply(404, NO_SUCH), True),
        (Reply(404, f'{{"cause":"no such container","message":"\\"{ABSENT}\\""}}'), True),  # Podman
        (Reply(400, '{"message":"invalid service version"}'), True),
        (Reply(404, '{"message":"page not found"}'), False),  # of somebody before it
        (Reply(404, f"<h1>nothing at /containers/{ABSENT}</h1>"), False),
        (Reply(404, f'["{ABSENT}"]'), False),
        (Reply(404, "[" * 1000), False),
        (Reply(404, ""), False),
        (Reply(401, NO_SUCH), False),
        (Reply(403, ""), False),
        (Reply(405, ""), False),
        (Reply(None, "no answer within 5 s"), False),
        (Reply(502, ""), False),
        (Reply(500, '{"message":"layer does not exist"}'), False),
    ],
)
def test_an_engine_that_knows_no_such_container_was_asked(reply, is_yes):
    assert reply.is_yes is is_yes


def test_all_that_is_there_is_one_line():
    (found,) = judge_rights("rights", dict.fromkeys(READING, YES))

    assert found.status is Status.OK
    assert found.detail.startswith("PING, VERSION, INFO, EVENTS, CONTAINERS (list), ")


@pytest.mark.parametrize("right", [*READING, *SWARM, *acting(["redeploy"], is_manager=True)])
def test_what_is_missing_is_told_with_its_flag_and_what_it_is_for(right):
    found = list(judge_rights("rights", {READING[0]: YES, right: NO}))[-1]

    assert found.status is (Status.FAILED if right.is_needed else Status.WARNING)
    assert found.detail == f"{right.name} is missing, {right.purpose}: the answer is 403 Forbidden"
    assert found.remedy == f"{right.flags} for the proxy before the engine's socket"


def test_without_info_reactor_only_does_less():
    found = list(judge_rights("rights", {INFO: NO}))

    assert [each.code for each in found] == [0]


def test_no_flag_is_named_where_nothing_answers():
    (found,) = judge_rights("rights", {INFO: Reply(None, "no answer within 5 s")})

    assert found.remedy == "see why the engine does not answer this"


@pytest.mark.parametrize(
    ("verbs", "is_manager", "names"),
    [
        ([], True, []),
        ([], False, []),
        (["start"], False, ["POST (start)"]),
        (["start"], True, ["POST (start)", "POST (update)"]),
        (["restart", "redeploy"], False, ["POST (restart)"]),
        (["redeploy"], True, ["POST (restart)", "POST (update)"]),
        (["scale"], True, ["POST (update)"]),
        (["scale"], False, []),  # compose does it
        (["stop", "terminate"], False, ["POST (stop)", "DELETE"]),
    ],
)
def test_each_verb_that_is_allowed_asks_for_its_rights_once(verbs, is_manager, names):
    assert [right.name for right in acting(verbs, is_manager=is_manager)] == names


def test_nothing_is_asked_that_could_change_anything():
    every = acting(["start", "stop", "restart", "redeploy", "terminate"], is_manager=True)

    assert all(right.method == "GET" for right in (*READING, *SWARM))
    assert all(ABSENT in right.path for right in every)
