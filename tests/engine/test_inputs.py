"""Inputs as the journal keeps them."""

import pytest

from reactor.engine.inputs import read, written
from reactor.model.journal import Input, InputKind
from reactor.model.memory import MemoryKey
from reactor.model.signal import CallBegan, DeliveryEnded, Linked, Rechecked, Signal, Started
from tests.builders import NOON

KEY = MemoryKey("rule", "slack", "for", '["web"]')


@pytest.mark.parametrize(
    "signal",
    [
        Started(NOON),
        Linked("cloud", is_connected=True),
        Linked("cloud", is_connected=False),
        CallBegan("d-1", "cloud", "/api/app/v1/service/1/"),
        DeliveryEnded("d-1", "cloud", "/api/audit/v1/action/1/"),
        DeliveryEnded("d-1", "cloud"),
        Rechecked(KEY, {"state": "Running"}),
        Rechecked(KEY, None),
    ],
)
def test_a_signal_is_read_as_it_was_written(signal: Signal) -> None:
    kind, source, detail = written(signal)

    entry = Input(sequence=1, decided_at=NOON, ruleset="r", kind=kind, source=source, detail=detail)

    assert read(entry) == signal


def test_a_timer_is_told_by_its_memory_and_is_no_signal() -> None:
    kind, _, detail = written(KEY)

    assert (kind, detail) == (
        InputKind.TIMER,
        {"rule": "rule", "action": "slack", "gate": "for", "key": '["web"]'},
    )
    assert read(Input(sequence=1, decided_at=NOON, ruleset="r", kind=kind, detail=detail)) is None
