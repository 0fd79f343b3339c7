"""`kill -9` under senders: what was answered with 202 is there, once, and keeps its id."""

from random import Random

import pytest

from reactor.clock import utc_now
from tests.crash.callers import Acknowledged, calling
from tests.crash.hooks import PLAIN, address_of, journaled, post, write_rules
from tests.engine.inbound.senders import SIGNED, signed
from tests.service import Service, free_port

KILLS = 5


@pytest.fixture
def rules(tmp_path):
    return write_rules(tmp_path, {"ci": PLAIN, "github": SIGNED["github"].hook})


def test_nothing_that_was_acknowledged_is_lost(tmp_path, rules):
    port = free_port()
    chance, data_dir, ledger = Random(1), tmp_path / "data", Acknowledged(tmp_path / "taken")
    with calling(("127.0.0.1", port), ledger, 8, pause=0.0) as callers:
        for _ in range(KILLS):
            with Service(rules, data_dir, "--http", f"127.0.0.1:{port}") as service:
                service.hears("running")
                service.kill(after=chance.uniform(0.05, 0.5))
        with Service(rules, data_dir, "--http", f"127.0.0.1:{port}") as service:
            service.hears("running")
            for caller in callers:
                caller.stop()
            assert service.stop() == 0

    taken, found = ledger.ids, journaled(data_dir)
    assert len(taken) > 10 * KILLS
    assert sum(caller.unanswered for caller in callers) > KILLS
    assert sorted(found) == sorted(taken)


def test_a_delivery_is_one_event_also_over_a_restart(tmp_path, rules):
    data_dir, ids = tmp_path / "data", []
    for _ in range(2):
        with Service(rules, data_dir, "--http", "127.0.0.1:0") as service:
            address = address_of(service)
            for _ in range(2):
                answer = post(address, "github", signed("github", utc_now()))
                assert answer.status == 202
                ids += answer.ids
            assert service.stop() == 0

    assert ids == [SIGNED["github"].more["x-github-delivery"]] * 4
    assert journaled(data_dir) == ids[:1]
