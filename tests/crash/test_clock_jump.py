"""The wall clock jumps by an hour, forth and back: nothing is lost, and nothing waits so long."""

import pytest

from tests.crash.judge import faults, read_case, read_sent
from tests.crash.load import Sender, rude, write_rules
from tests.endpoint import listening, read_ledger
from tests.service import Service, eventually

HOUR = 3600
JUMPS = (HOUR, 0, -HOUR, 0)
"""Seconds by which the clock is off, one after the other."""


@pytest.fixture
def jump(tmp_path, monkeypatch):
    """Sets the clock of the service that is started next."""
    monkeypatch.setenv("CLOCK_OFFSET", str(tmp_path / "offset"))  # it is a process of its own

    def act(seconds):
        (tmp_path / "offset.new").write_text(str(seconds))
        (tmp_path / "offset.new").replace(tmp_path / "offset")

    act(0)
    return act


def the_case(folder):
    sent, heard = read_sent(folder / "events.jsonl"), read_ledger(folder / "ledger")
    return read_case(folder / "data", sent, heard)


def test_jumps_of_an_hour_lose_nothing_and_delay_nothing(tmp_path, jump):
    sender = Sender(tmp_path, seed=1)
    with listening(tmp_path / "ledger", rude(1)) as endpoint:
        options = (write_rules(tmp_path, endpoint.url), tmp_path / "data", "--http", "off")
        with Service(*options, program="tests.crash.jumping") as service:
            with sender.sending():
                for seconds in JUMPS:
                    endpoint.wait(len(endpoint.heard) + 50)
                    jump(seconds)
                endpoint.wait(len(endpoint.heard) + 50)
            eventually(lambda: the_case(tmp_path).is_over, "all was decided and delivered")

            assert faults(the_case(tmp_path), rules=2) == []
            assert service.stop() == 0
