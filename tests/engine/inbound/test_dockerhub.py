"""What only Docker Hub does; its documented request is in test_presets.py."""

from datetime import timedelta

from reactor.engine.inbound import Inbound, read
from tests.builders import replace
from tests.engine.inbound.senders import JSON
from tests.engine.inbound.vectors import NOW, vector

LATER = NOW + timedelta(minutes=1)


def test_the_second_of_a_push_makes_its_body_a_name():
    push = vector("dockerhub_push").inbound
    next_push = replace(push, body=push.body.replace(b"1417566161", b"1417566162"))

    ids = [read("dockerhub", each, NOW)[0].id for each in (push, next_push)]

    assert read("dockerhub", push, LATER)[0].id == ids[0] != ids[1]


def test_a_body_that_tells_no_time_is_named_by_when_it_came():
    inbound = Inbound(headers=(JSON,), body=b"{}")

    assert read("dockerhub", inbound, NOW)[0].id != read("dockerhub", inbound, LATER)[0].id


def test_a_body_that_is_no_object_is_refused():
    assert read("dockerhub", Inbound(headers=(JSON,), body=b"1"), NOW).status == 422
