"""A damaged journal ends the service with words and exit code 1; it is never replaced by a new."""

import pytest

from tests.crash.judge import read_case
from tests.crash.load import Sender, write_rules
from tests.endpoint import listening
from tests.service import Service, eventually

PAGE = 4096


@pytest.fixture
def rules(tmp_path):
    """Of a service that has decided a thousand events, and ended."""
    with listening(tmp_path / "ledger") as endpoint:
        rules = write_rules(tmp_path, endpoint.url)
        Sender(tmp_path, seed=1).send(1_000)
        with Service(rules, tmp_path / "data", "--http", "off") as service:
            eventually(lambda: is_done(tmp_path, service), "a thousand were decided")
            assert service.stop() == 0
        yield rules


def is_done(folder, service):
    service.hears("running")
    return len(read_case(folder / "data", [], []).events) == 1_000


@pytest.mark.parametrize("size", [0, 100, PAGE, 50 * PAGE + 7])
def test_a_journal_that_was_cut_is_refused_at_the_start_and_left_as_it_is(tmp_path, rules, size):
    journal = tmp_path / "data" / "reactor.db"
    left = journal.read_bytes()[:size]
    journal.write_bytes(left)

    with Service(rules, tmp_path / "data", "--http", "off") as service:
        assert service.ended() == 1
        assert f"the journal {journal} is " in service.said[-1]
        assert "restore it from a backup" in service.said[-1]

    assert journal.read_bytes() == left


def test_damage_that_shows_only_in_use_ends_the_service(tmp_path, rules):
    journal = tmp_path / "data" / "reactor.db"
    whole = journal.read_bytes()
    journal.write_bytes(whole[: 40 * PAGE] + bytes(len(whole) - 40 * PAGE))

    with Service(rules, tmp_path / "data", "--http", "off") as service:
        Sender(tmp_path, seed=2).send(100)

        assert service.ended() == 1
        assert any("malformed" in line and "restore it" in line for line in service.said)
        assert not any("Traceback" in line for line in service.said)
