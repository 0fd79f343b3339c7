"""What only a registry does; its documented requests are in test_presets.py."""

import json

import pytest

from reactor.engine.inbound import Inbound, read
from tests.engine.inbound.vectors import NOW, vector

MEDIA = ("content-type", "application/vnd.docker.distribution.events.v2+json")


def sent(*events: object):
    body = json.dumps({"events": events}).encode()
    return read("registry", Inbound(headers=(MEDIA,), body=body), NOW)


@pytest.mark.parametrize(
    ("kind", "is_told"),
    [
        ("application/vnd.docker.distribution.manifest.v2+json", True),
        ("application/vnd.docker.distribution.manifest.list.v2+json", True),
        ("application/vnd.oci.image.manifest.v1+json", True),
        ("application/vnd.oci.image.index.v1+json", True),
        (None, True),  # a deletion
        ("application/octet-stream", False),
        ("application/vnd.docker.image.rootfs.diff.tar.gzip", False),
        ("application/vnd.oci.image.config.v1+json", False),
        ("application/vnd.docker.container.image.v1+json", False),
    ],
)
def test_images_are_told_and_their_layers_are_not(kind, is_told):
    assert len(sent({"id": "1", "target": {"mediaType": kind}})) == is_told


def test_each_event_keeps_the_bytes_and_the_id_of_the_registry():
    raw = b'{"id" : "e-1", "action":"delete"}'
    inbound = Inbound(headers=(MEDIA,), body=b'{"events": [' + raw + b"]}")

    (event,) = read("registry", inbound, NOW)

    assert (event.id, event.raw) == ("e-1", raw)


def test_an_event_without_an_id_is_named_by_its_bytes():
    first, second = sent({"timestamp": "2030-01-07T12:00:00Z"}, {"action": "push"})

    assert first.id != second.id
    assert sent({"action": "push"})[0].id == second.id


def test_a_body_of_layers_alone_holds_no_event_and_is_not_refused():
    assert sent({"target": {"mediaType": "application/octet-stream"}}) == ()


@pytest.mark.parametrize("body", [b"{}", b'{"events": 1}', b'{"events": [1]}'])
def test_a_body_that_is_no_envelope_is_refused(body):
    assert read("registry", Inbound(headers=(MEDIA,), body=body), NOW).status == 422


def test_the_documented_media_type_is_json():
    assert vector("registry_push").inbound.headers == (MEDIA,)
