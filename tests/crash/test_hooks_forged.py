"""Forged requests over real HTTP, for every way in which senders show who they are."""

from datetime import timedelta

import pytest

from reactor.clock import utc_now
from tests.crash.hooks import address_of, journaled, post, write_rules
from tests.engine.inbound.forged import STAMPED, forgeries
from tests.engine.inbound.senders import SIGNED, TOKENS, shown, signed
from tests.service import Service

HOOKS = {**{name: scheme.hook for name, scheme in SIGNED.items()}, **TOKENS}
NAMES = {id(hook): name for name, hook in HOOKS.items()}


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A service with a hook of every kind: its address and its journal."""
    folder = tmp_path_factory.mktemp("hooks")
    rules = write_rules(folder, HOOKS)
    with Service(rules, folder / "data", "--http", "127.0.0.1:0") as service:
        yield address_of(service), folder / "data", service


def test_no_forged_request_is_taken_and_none_breaks_anything(running):
    address, data_dir, service = running
    forged = forgeries(utc_now())

    answers = {case.name: post(address, NAMES[id(case.hook)], case.inbound) for case in forged}

    assert len(answers) >= 200
    assert {name for name, answer in answers.items() if answer.status != 401} == set()
    assert len({answer.body for answer in answers.values()}) == 1
    assert journaled(data_dir) == []
    assert not any("Traceback" in line for line in service.said)


def test_why_they_were_refused_is_told_seldom(running):
    _, _, service = running

    refusals = [line for line in service.said if "refused a request" in line]

    assert 0 < len(refusals) < 5 * len(HOOKS)  # once a minute for each hook and each ground


@pytest.mark.parametrize("name", STAMPED)
def test_a_request_that_is_repeated_after_five_minutes_is_refused(running, name):
    address, _, _ = running
    now = utc_now()

    late = post(address, name, signed(name, now - timedelta(minutes=5, seconds=2)))

    assert late.status == 401
    assert post(address, name, signed(name, now - timedelta(minutes=4))).status == 202


@pytest.mark.parametrize("name", [*SIGNED, *TOKENS])
def test_the_genuine_request_is_taken(running, name):
    address, data_dir, _ = running

    answer = post(address, name, signed(name, utc_now()) if name in SIGNED else shown(name))

    told = {"registry": 422, "cloudevents": 422}  # the body is none of theirs
    assert answer.status == told.get(name, 202)
    if answer.status == 202:
        assert set(answer.ids) <= set(journaled(data_dir))
