"""From events to what is committed of them, and what is remembered once it is."""

from datetime import timedelta

import pytest

from reactor.decider import Decider
from reactor.engine.compiled import CompiledRules
from reactor.engine.later import memory_marks
from reactor.journal.batch import Batch
from reactor.model.journal import InputKind
from reactor.model.match import Reason
from reactor.model.quarantine import Poison
from reactor.model.signal import DeliveryEnded, Linked
from reactor.model.silence import Silence
from tests.builders import NOON, Says, an_event
from tests.config.loading import load_text
from tests.dangerous import blow_up, dangerous

ACTIONS = dangerous({"blow_up": blow_up})
RULES = """\
rules:
  - {name: counted, match: {type: container}, throttle: 1 per 1h, actions: [{log: info}]}
  - {name: guilty, match: {type: container}, actions: [{dangerous: info}]}
"""
POISON = Poison(why="it was not even looked at", trace="")


@pytest.fixture
def decider(tmp_path):
    rules = CompiledRules(load_text(tmp_path, RULES, actions=ACTIONS).ruleset)
    return Decider(rules, ACTIONS, {}, sequence=7, since=NOON)


def moments(*events):
    return [(event, NOON) for event in events]


def an_end(number, **frame):
    return an_event(type="container", uuid=f"e-{number}", **frame)


def conclude(decider, *events, unlooked=()):
    return decider.conclude(Batch(), moments(*events), unlooked, now=NOON, until=(NOON, False))


def test_what_is_decided_has_a_place_in_the_sequence_and_what_is_not_has_none(decider):
    conclusion = conclude(decider, an_end(1), an_end(2, deed="blow_up"), an_end(3))

    rows = [(row.sequence, row.event_id) for row in conclusion.batch.inputs]
    assert rows == [(8, "e-1"), (9, "e-3")]
    assert [event.id for event in conclusion.events] == ["e-1", "e-3"]
    assert [row.event_id for row in conclusion.batch.quarantined] == ["e-2"]


def test_nothing_is_remembered_before_it_stands(decider):
    first = conclude(decider, an_end(1))
    decider.forsake()
    again = conclude(decider, an_end(1))
    decider.remember(first.batch)
    after = conclude(decider, an_end(2))

    assert again == first
    assert [row.reason for row in after.batch.evaluations] == [Reason.THROTTLED, Reason.FIRED]
    assert after.batch.inputs[0].sequence == 9


@pytest.mark.parametrize(
    ("deed", "why"), [("", POISON.why), ("blow_up", "rule 'guilty': ValueErr")]
)
def test_what_could_not_be_looked_at_is_put_aside_with_the_rule_if_that_shows(decider, deed, why):
    conclusion = conclude(decider, unlooked=[(an_end(1, deed=deed), POISON)])

    (row,) = conclusion.batch.quarantined
    assert row.poison.sentence.startswith(why)
    assert [event.id for event in conclusion.batch.decided] == ["e-1"]
    assert (conclusion.batch.inputs, conclusion.batch.evaluations) == ((), ())


def test_rules_are_tried_each_alone_and_then_together(decider):
    assert list(decider.try_rules(moments(an_end(1)))) == ["counted", "guilty", None]
    assert conclude(decider, an_end(1)).batch.inputs[0].sequence == 8


def test_what_expired_or_belongs_to_other_rules_is_forgotten(decider, tmp_path):
    decider.remember(conclude(decider, an_end(1)).batch)
    decider.forget(NOON + timedelta(minutes=30))
    assert conclude(decider, an_end(2)).batch.evaluations[0].reason is Reason.THROTTLED

    changed = load_text(tmp_path, RULES.replace("1h", "2h"), actions=ACTIONS).ruleset
    rules = CompiledRules(changed)
    decider.adopt(rules, decider.adoption(rules, memory_marks(changed), NOON))

    after = conclude(decider, an_end(2))
    assert after.batch.evaluations[0].reason is Reason.FIRED
    assert after.batch.inputs[0].sequence == 10


LASTING = "rules: [{name: down, match: {state: Stopped}, for: 2m, actions: [{log: info}]}]\n"


def a_lasting_match(tmp_path, name="down"):
    """A decider that remembers a match, which waits, and the event."""
    rules = CompiledRules(load_text(tmp_path, LASTING.replace("down", name)).ruleset)
    event = an_end(1, state="Stopped")
    decider = Decider(rules, ACTIONS, {}, 0, since=NOON, event_of=lambda *_: event)
    decider.remember(conclude(decider, event).batch)
    return decider


def pass_time(decider, **span):
    at = NOON + timedelta(**span)
    return decider.conclude(Batch(), (), (), now=at, until=(at, True))


def test_what_comes_due_is_an_input_like_any_other(tmp_path):
    decider = a_lasting_match(tmp_path)

    nothing, fired = pass_time(decider, seconds=119), pass_time(decider, hours=5)

    assert nothing.batch == Batch()
    (entry,) = fired.batch.inputs
    assert (entry.sequence, entry.kind, entry.detail["gate"]) == (2, InputKind.TIMER, "for")
    assert entry.decided_at == NOON + timedelta(minutes=2)
    assert [row.reason for row in fired.batch.settlements] == [Reason.FIRED]


def test_a_signal_that_means_nothing_is_no_input(tmp_path):
    decider = a_lasting_match(tmp_path)
    signals = [
        (DeliveryEnded("unknown", "cloud"), NOON),
        (Linked("cloud", is_connected=True), NOON),
    ]

    conclusion = decider.conclude(Batch(), signals, (), now=NOON, until=(NOON, False))

    assert [entry.kind for entry in conclusion.batch.inputs] == [InputKind.LINK]


def test_what_other_rules_do_not_know_expires_with_what_waits_there(tmp_path):
    decider = a_lasting_match(tmp_path)
    changed = load_text(tmp_path, LASTING.replace("2m", "3m")).ruleset
    rules = CompiledRules(changed)

    adoption = decider.adoption(rules, memory_marks(changed), NOON)
    decider.adopt(rules, adoption)

    assert [row.reason for row in adoption.settlements] == [Reason.EXPIRED]
    assert pass_time(decider, minutes=9).batch == Batch()


def test_what_is_silenced_is_so_from_the_next_event_on(decider):
    silence = Silence(
        id="5f0c12ab",
        text="everything",
        match=Says(True),
        author="alice",
        comment="we deploy",
        created_at=NOON,
        expires_at=NOON + timedelta(hours=1),
    )
    decider.silence((silence,))

    rows = conclude(decider, an_end(1)).batch.evaluations

    assert {row.reason for row in rows} == {Reason.SILENCED}
    assert rows[0].gates[-1]["silence"] == "5f0c12ab"
