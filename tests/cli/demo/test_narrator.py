"""The story has a line for all that matters, and what a call of ours caused stands in one."""

import pytest

from reactor.cli.demo.narrator import HEADLINES, Narrator
from reactor.delivery.retry import Decision
from reactor.model.delivery import Attempt, Move
from reactor.model.event import Rejection
from reactor.model.match import Evaluation, Reason
from reactor.model.request import StoredRequest
from reactor.transaction import Committed
from tests.builders import NOON, a_delivery, a_rule, a_ruleset, an_action, an_event, replace

UUID = "0b0e7d0a-6f7d-4c1c-8a53-1f5d3e7b0a11"
WEB = f"/api/app/v1/service/{UUID}/"
OTHER = "/api/app/v1/service/7d6696b7-fbaf-471d-8e6b-ce7052586c24/"
ROW = Evaluation(
    event_id="e-1",
    source="cloud",
    rule="crash",
    action="log",
    reason=Reason.FIRED,
    at=NOON,
    key="[]",
)
REDEPLOY = replace(
    a_delivery(),
    type="redeploy",
    request=StoredRequest(method="POST", shown_url=f"{WEB}redeploy/", url=(f"{WEB}redeploy/",)),
)
ATTEMPT = Attempt(
    delivery_id="delivery-1",
    number=1,
    started_at=NOON,
    ended_at=NOON,
    verdict="retry",
    status=503,
    detail="503 Service Unavailable",
)


class Told:
    """A narrator and its lines."""

    def __init__(self):
        self.lines, self.headlines = [], []
        ruleset = a_ruleset(a_rule(name="crash", actions=(an_action(),)))
        self.narrator = Narrator(ruleset, self.lines.append, self.headlines.append)

    def commit(self, *events, **rest):
        self.narrator.committed(Committed(events=events, **rest))

    def attempt(self, delivery, move):
        self.narrator.attempted(delivery, ATTEMPT, Decision(move=move))


@pytest.fixture
def told():
    return Told()


def an_event_of(uri, *, uuid="e-9", parents=(), **frame):
    return an_event(
        source="cloud", platform=True, uuid=uuid, resource_uri=uri, parents=list(parents), **frame
    )


def test_a_happening_is_told_and_some_have_a_headline(told):
    told.narrator.happen(lambda: ["web-2 is killed: exit code 137", "node-3 is back"])
    told.narrator.happen(lambda: ["web-1 crashes: exit code 1"])

    assert told.lines == [
        "world      web-2 is killed: exit code 137",
        "world      node-3 is back",
        "world      web-1 crashes: exit code 1",
    ]
    assert told.headlines == [HEADLINES["web", 1], HEADLINES["web", 2]]


def test_beneath_an_event_stands_what_the_rules_made_of_it(told):
    one = an_event(source="cloud", uuid="e-1", type="container", state="Stopped")
    two = an_event(source="cloud", uuid="e-2", type="node", state="Unreachable")
    rows = (ROW, replace(ROW, event_id="e-2", reason=Reason.IF_FALSE))

    told.commit(one, two, evaluations=rows)

    assert told.lines == [
        "event      cloud: container Stopped",
        "  fired      crash → log",
        "event      cloud: node Unreachable",
        "  held back  crash → log: its own `if` is not true for this event",
    ]


def test_events_of_which_no_rule_made_anything_are_one_short_line_for_each_source(told):
    running = {"type": "container", "state": "Running"}
    events = [an_event(uuid=f"e-{number}", source="cloud", **running) for number in range(3)]

    told.commit(*events, an_event(source="local", type="container", state="Stopped"))

    assert told.lines == [
        "events     cloud: 3x container Running",
        "events     local: container Stopped",
    ]


def test_an_object_that_could_not_be_looked_up_is_told(told):
    event = an_event(source="cloud", type="container", state="Stopped")
    unknown = {"container": "it is Running by now", "node": "not asked"}
    event = replace(event, unknown=unknown)

    told.commit(event, undecided=((event, ("crash",)),))

    assert told.lines == [
        "event      cloud: container Stopped",
        "  unknown    container: it is Running by now",
    ]


def test_what_a_call_causes_is_told_when_its_action_ends(told):
    named = an_event_of(WEB, type="service", state="Running")
    told.commit(replace(named, facts={"service": {"uri": WEB, "name": "web"}}))
    told.commit(deliveries=(REDEPLOY,))
    told.lines.clear()

    told.attempt(REDEPLOY, Move.SUCCEED)
    told.commit(
        an_event_of(WEB, type="service", state="Redeploying"),
        an_event_of(OTHER, type="service", state="Running"),
    )
    told.commit(*[an_event_of("x", parents=[WEB], type="container", state="Running")] * 2)
    told.commit(an_event_of("y", parents=[WEB], type="action", state="Success"))
    told.commit(an_event_of(WEB, type="service", state="Stopped"))

    assert told.lines == [
        "called     redeploy of service web: 503 Service Unavailable",
        "events     cloud: service Running",
        (
            "caused     by the redeploy of service web: service Redeploying, "
            "2x container Running, action Success"
        ),
        "events     cloud: service Stopped",
    ]


def test_what_was_not_told_is_told_at_the_end(told):
    told.commit(deliveries=(REDEPLOY,))
    told.commit(an_event_of(WEB, type="service", state="Redeploying"))

    told.narrator.close()
    told.narrator.close()

    assert told.lines == [f"caused     by the redeploy of service {UUID}: service Redeploying"]


def test_a_call_that_was_refused_causes_nothing(told):
    told.commit(deliveries=(REDEPLOY,))

    told.attempt(REDEPLOY, Move.BURY)
    told.commit(an_event_of(WEB, type="service", state="Running"))

    assert told.lines == [
        f"failed     {REDEPLOY.rule} → {REDEPLOY.action}: 503 Service Unavailable",
        "events     cloud: service Running",
    ]


@pytest.mark.parametrize(
    ("move", "lines"),
    [
        (Move.SUCCEED, []),  # the receiver tells of it
        (Move.RETRY, ["failed     every event → webhook: 503 Service Unavailable"]),
        (Move.BURY, ["failed     every event → webhook: 503 Service Unavailable"]),
    ],
)
def test_of_messages_only_those_that_fail_are_told(told, move, lines):
    told.attempt(a_delivery(), move)

    assert told.lines == lines


def test_a_refused_frame_is_told(told):
    rejection = Rejection(source="local", received_at=NOON, reason="not_json", excerpt="x", size=1)

    told.commit(rejections=(rejection,))

    assert told.lines == ["refused    a frame of local: not_json"]


def test_what_became_of_what_waited_and_notices_are_told(told):
    settled = replace(ROW, reason=Reason.ENDED, settled_at=NOON)
    timer = replace(ROW, event_id="", source="")

    told.commit(settled=(settled,), evaluations=(timer,), notices=("rule 'x' is full",))

    assert told.lines == [
        "later      fired      crash → log",
        "later      held back  crash → log: it was over before its time had come",
        "notice     rule 'x' is full",
    ]
