"""SIGTERM under load is clean, whatever is under way; and one journal has one service."""

import pytest

from tests.crash.judge import faults, read_case, read_sent, unrecorded
from tests.crash.load import Sender, rude, write_rules
from tests.endpoint import Answer, listening, read_ledger
from tests.service import Service, eventually


@pytest.fixture
def sender(tmp_path):
    return Sender(tmp_path, seed=2)


def the_case(folder):
    sent, heard = read_sent(folder / "events.jsonl"), read_ledger(folder / "ledger")
    return read_case(folder / "data", sent, heard)


def states(folder):
    return [row[1] for row in the_case(folder).deliveries]


@pytest.mark.long
def test_stops_under_load_lose_nothing_and_repeat_nothing(tmp_path, sender):
    with listening(tmp_path / "ledger", rude(2)) as endpoint:
        rules = write_rules(tmp_path, endpoint.url)
        with sender.sending():
            for lives in range(1, 6):
                with Service(rules, tmp_path / "data", "--http", "off") as service:
                    service.hears("running")
                    endpoint.wait(100 * lives)
                    assert service.stop() == 0
                assert list(unrecorded(the_case(tmp_path))) == []
                assert "running" not in states(tmp_path)
        with Service(rules, tmp_path / "data", "--http", "off"):
            eventually(lambda: not faults(the_case(tmp_path), rules=2), "all was done")

    assert the_case(tmp_path).duplicates == 0


def test_a_running_attempt_ends_and_what_was_not_begun_waits_for_the_next_start(tmp_path, sender):
    sender.send(20)
    with listening(tmp_path / "ledger", lambda _: Answer(delay=2.0)) as endpoint:
        rules = write_rules(tmp_path, endpoint.url, rate_limit="1 per 10m")
        with Service(rules, tmp_path / "data", "--http", "off") as service:
            endpoint.wait(1)
            assert service.stop() == 0

    assert sorted(set(states(tmp_path))) == ["pending", "succeeded"]
    assert states(tmp_path).count("succeeded") == 1


@pytest.mark.long
def test_a_hanging_attempt_is_cut_off_after_ten_seconds_and_made_again(tmp_path, sender):
    sender.send(1)
    hangs = lambda number: Answer(delay=0.0 if number > 1 else 60.0)  # noqa: E731 -- a table of two
    with listening(tmp_path / "ledger", hangs) as endpoint:
        rules = write_rules(tmp_path, endpoint.url, timeout="50s")
        with Service(rules, tmp_path / "data", "--http", "off") as service:
            first = endpoint.wait(2)
            assert service.stop() == 0
        assert states(tmp_path) == ["retrying", "retrying"]

        with Service(rules, tmp_path / "data", "--http", "off"):
            again = endpoint.wait(4)[2:]
    assert {heard.id for heard in again} == {heard.id for heard in first}


def test_a_second_service_on_a_journal_is_refused_by_the_name_of_the_first(tmp_path, sender):
    rules = write_rules(tmp_path, "http://127.0.0.1:9")
    with Service(rules, tmp_path / "data", "--http", "off") as first:
        first.hears("running")
        with Service(rules, tmp_path / "data", "--http", "off") as second:
            assert second.ended() == 1

        assert f"is in use by 'reactor run' (pid {first.pid}, since " in second.said[-1]
        assert first.stop() == 0
