"""What `run` writes: each firing, delivery and hold-back, in words or as JSON."""

import json
from datetime import timedelta
from io import StringIO

import pytest

from reactor.cli.story import Story, clock, delivered, evaluated
from reactor.delivery.retry import Decision
from reactor.model.delivery import Attempt, Move
from reactor.model.event import Rejection
from reactor.model.match import Evaluation, Reason
from reactor.model.quarantine import Poison, Quarantined
from reactor.model.request import LogLine, StoredRequest
from reactor.observe.log import Printer
from reactor.observe.notices import make_log
from reactor.running import ignore
from reactor.transaction import Committed
from tests.builders import NOON, a_delivery, an_event, replace

FIRED = Evaluation(
    event_id="e-1",
    source="local",
    rule="crash",
    action="slack",
    reason=Reason.FIRED,
    at=NOON,
    key='["web"]',
)
REJECTED = Rejection(
    source="local", received_at=NOON, reason="not_json", excerpt="x" * 200, size=999
)
SENT = "every event → webhook to ops"


def an_attempt(detail="200 OK"):
    return Attempt(
        delivery_id="delivery-1",
        number=2,
        started_at=NOON,
        ended_at=NOON + timedelta(milliseconds=12.5),
        verdict="succeeded",
        status=200,
        detail=detail,
    )


@pytest.fixture
def told():
    """Tells a story by the given words; what came out on both streams, line by line."""

    def tell(say, *, as_json=False):
        out, talk = StringIO(), StringIO()
        printers = Printer(out), Printer(talk)
        log = make_log(printers[1], lambda: clock(NOON), as_json=as_json)
        say(Story(out=printers[0], log=log, now=lambda: NOON, as_json=as_json))
        for printer in printers:
            printer.close()
            printer.run()
        return out.getvalue().splitlines(), talk.getvalue().splitlines()

    return tell


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (FIRED, "fired      crash → slack for web  (event e-1)"),
        (replace(FIRED, key="[]"), "fired      crash → slack  (event e-1)"),
        (
            replace(FIRED, reason=Reason.THROTTLED, key='["web",7]'),
            "held back  crash → slack for web, 7: throttled  (event e-1)",
        ),
        (
            replace(FIRED, settled_at=NOON + timedelta(minutes=2)),
            "fired      crash → slack for web  (event e-1, waited since 10:20:30.000)",
        ),
        (replace(FIRED, event_id="", source=""), "fired      crash → slack for web  (no event)"),
    ],
)
def test_a_decision_in_words(row, words):
    assert evaluated(row) == words


def test_what_was_settled_is_told_at_its_time_and_notices_are_warnings(told):
    settled = replace(FIRED, reason=Reason.ENDED, settled_at=NOON + timedelta(minutes=2))

    out, talk = told(
        lambda story: story.committed(
            Committed(evaluations=(FIRED,), settled=(settled,), notices=("rule 'x' is full",))
        )
    )

    assert [line.split()[:3] for line in out] == [
        ["10:20:30.000", "fired", "crash"],
        ["10:22:30.000", "held", "back"],
    ]
    assert talk == ["10:20:30.000  warning: rule 'x' is full"]


@pytest.mark.parametrize(
    ("decision", "detail", "words"),
    [
        (
            Decision(move=Move.SUCCEED),
            "200 OK",
            f"delivered  {SENT}: 200 OK in 12.5 ms  (delivery delivery-1)",
        ),
        (
            # 12.5 ms + 3 s from the start of the attempt is 3 s from its end.
            Decision(move=Move.RETRY, due_at=NOON + timedelta(seconds=3, milliseconds=12.5)),
            "503",
            f"failed     {SENT}: 503; attempt 2, again in 3.0 s  (delivery delivery-1)",
        ),
        (
            Decision(move=Move.BURY, reason="404 Not Found"),
            "404 Not Found",
            f"buried     {SENT}: 404 Not Found  (delivery delivery-1)",
        ),
    ],
)
def test_an_attempt_in_words(decision, detail, words):
    assert delivered(a_delivery(), an_attempt(detail), decision) == words


def test_without_a_destination_the_address_or_the_type_stands_for_it():
    request = StoredRequest(method="POST", shown_url="https://a.example/…")
    inline = a_delivery(destination=None, request=request)
    log = a_delivery(destination=None, type="log", action="log")

    assert " to https://a.example/…: " in delivered(
        inline, an_attempt(), Decision(move=Move.SUCCEED)
    )
    assert " to log: " in delivered(log, an_attempt("logged"), Decision(move=Move.SUCCEED))


def test_the_clock_is_utc_to_the_millisecond():
    assert clock(NOON + timedelta(microseconds=1999)) == "10:20:30.001"


def test_decisions_and_attempts_are_data_and_the_rest_is_talk(told):
    def say(story):
        story.committed(Committed(evaluations=(FIRED,)))
        story.attempted(a_delivery(), an_attempt(), Decision(move=Move.SUCCEED))
        story.logged(LogLine(level="error", text="out of memory"))
        story.notice("stopping")
        story.warn("the disk is full")
        story.fail("the pipeline died")

    out, talk = told(say)

    assert [line.split()[1] for line in out] == ["fired", "delivered"]
    assert talk == [
        "10:20:30.000  error: out of memory",
        "10:20:30.000  stopping",
        "10:20:30.000  warning: the disk is full",
        "10:20:30.000  error: the pipeline died",
    ]


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_a_line_of_a_rule_has_the_level_that_the_rule_gave_it(told, level):
    _, (line,) = told(lambda story: story.logged(LogLine(level=level, text="so")), as_json=True)

    found = json.loads(line)
    assert (found["kind"], found["level"], found["text"]) == ("log", level, "so")


def test_as_json_data_is_one_object_a_line(told):
    def say(story):
        story.committed(Committed(evaluations=(FIRED, FIRED)))
        story.attempted(a_delivery(), an_attempt(), Decision(move=Move.SUCCEED))

    out, _ = told(say, as_json=True)

    assert [json.loads(line)["kind"] for line in out] == ["evaluation", "evaluation", "attempt"]


def test_refused_frames_are_told_once_a_minute_for_each_kind_and_source(told):
    others = replace(REJECTED, reason="too_deep"), replace(REJECTED, source="other")

    def say(story):
        story.committed(Committed(rejections=(REJECTED, REJECTED, REJECTED, *others)))

    _, talk = told(say)

    assert talk[0] == (
        "10:20:30.000  warning: source local: refused a frame, not JSON in UTF-8: " + "x" * 80
    )
    assert len(talk) == 3


def test_the_service_reports_to_the_story(told):
    def say(story):
        observers = story.observers(on_refused=ignore, on_failure=ignore)
        observers.on_commit(Committed(evaluations=(FIRED,)))
        observers.on_notice("running")
        observers.on_warning("lost")

    out, talk = told(say)

    assert (len(out), len(talk)) == (1, 2)


def test_a_rule_that_a_failed_lookup_keeps_from_firing_is_told_with_the_reason(told):
    unknown = {"container": "503 Service Unavailable", "node": "not asked"}
    event = replace(an_event(source="cloud", uuid="e-1"), unknown=unknown)
    committed = Committed(events=(event,), undecided=((event, ("crash",)),))

    _, talk = told(lambda story: [story.committed(committed) for _ in range(3)])

    (line,) = talk
    assert "rule 'crash' does not fire for event e-1" in line
    assert line.endswith("(lookup_failed): container: 503 Service Unavailable")


def test_events_that_could_not_be_decided_are_told_once_a_minute_and_rule(told):
    poison = Poison(why="ValueError: no", trace="", rule="crash")
    one = Quarantined(event_id="e-1", source="local", at=NOON, poison=poison)
    committed = Committed(quarantined=(one, replace(one, event_id="e-2")))

    _, talk = told(lambda story: story.committed(committed))

    (line,) = talk
    assert line.endswith(
        "event e-1 of local is in quarantine, rule 'crash': ValueError: no; "
        "see `reactor quarantine show e-1`"
    )
