"""Of each destination it is told where its name leads, and whether requests may go there."""

from ipaddress import ip_network

import pytest

from reactor.cli.doctor.destinations import (
    Outgoing,
    judge_addresses,
    look_at_destination,
    outgoing,
)
from reactor.cli.doctor.finding import Status
from reactor.delivery.addresses import refusal
from reactor.engine.template import compile_template
from reactor.model.protocols import Landing
from reactor.model.request import PLAIN, Route
from reactor.model.rule import Heartbeat
from reactor.model.secret import Secret
from tests.builders import a_destination, a_rule, a_ruleset, an_action, replace

DENIED = Route(deny=(ip_network("127.0.0.0/8"),))


def somewhere(host, *, peer=None, route=PLAIN):
    return Outgoing(name="destination ops", host=host, peer=peer or host, route=route)


def inline(url):
    return an_action(type="webhook", value=compile_template(url, Landing.URL))


def test_every_place_that_requests_go_to_is_looked_at_once():
    url = "https://deploys.example.com/{{ state }}"
    ruleset = a_ruleset(
        a_rule(name="a", actions=(inline(url), inline("https://other.example.com/x"))),
        a_rule(name="b", actions=(inline(url), an_action())),
        destinations=(a_destination(name="ops", url=Secret("https://hooks.slack.com/secret")),),
    )
    ruleset = replace(ruleset, heartbeat=Heartbeat(url=Secret("https://beat.example.com/secret")))

    assert [(each.name, each.host) for each in outgoing(ruleset)] == [
        ("destination ops", "hooks.slack.com"),
        ("rule a", "deploys.example.com"),
        ("rule a", "other.example.com"),
        ("heartbeat", "beat.example.com"),
    ]


def test_behind_a_proxy_the_proxy_is_looked_up():
    route = Route(proxy=Secret("http://user:hidden@proxy.example.com:3128"))
    (found,) = outgoing(a_ruleset(destinations=(a_destination(route=route),)))

    assert (found.host, found.peer) == ("127.0.0.1", "proxy.example.com")


@pytest.mark.parametrize(
    ("each", "status", "says"),
    [
        (somewhere("127.0.0.1"), Status.OK, "127.0.0.1"),
        (somewhere("localhost"), Status.OK, "localhost is "),
        (somewhere("localhost", route=DENIED), Status.FAILED, "it is in 'deny'"),
        (somewhere("127.0.0.1", route=DENIED), Status.FAILED, "it is in 'deny'"),
        (somewhere("169.254.169.254"), Status.FAILED, "metadata"),
        (somewhere("reactor.invalid"), Status.FAILED, "reactor.invalid: "),
        (somewhere("a.example", peer="127.0.0.1"), Status.OK, "a.example by way of 127.0.0.1"),
    ],
)
def test_a_name_is_resolved_and_its_addresses_judged(each, status, says):
    (found,) = look_at_destination(each)

    assert found.status is status
    assert says in found.detail
    assert bool(found.remedy) is (status is not Status.OK)


@pytest.mark.parametrize(
    ("addresses", "status", "says"),
    [
        (["93.184.215.14"], Status.OK, "hooks.example.com is 93.184.215.14"),
        (["10.0.0.5"], Status.FAILED, "allow it with allow: [10.0.0.5/32]"),
        (["10.0.0.5", "93.184.215.14"], Status.WARNING, "; 93.184.215.14 is open"),
        (["169.254.169.254"], Status.FAILED, "metadata"),
    ],
)
def test_a_public_name_that_leads_to_private_addresses_is_told(addresses, status, says):
    each = somewhere("hooks.example.com")
    found = judge_addresses(each, {at: refusal(at, each.host, each.route) for at in addresses})

    assert found.status is status
    assert says in found.detail
