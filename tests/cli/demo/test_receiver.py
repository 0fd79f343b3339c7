"""The demo's other end says in words what it gets."""

import json
from contextlib import closing
from http.client import HTTPConnection
from queue import SimpleQueue
from threading import Thread
from urllib.parse import urlsplit

import pytest

from reactor.cli.demo.receiver import Receiver, sentence

FIRING = {"type": "reactor.firing", "rule": "any container failed", "event": {"id": "038b3e37-9"}}


@pytest.mark.parametrize(
    ("path", "message", "said"),
    [
        ("/slack", {"text": "web stopped"}, 'Slack message: "web stopped"'),
        ("/deploys", FIRING, "webhook: rule any container failed, event 038b3e37…"),
        ("/deploys", {"service": "web"}, 'webhook: {"service": "web"}'),
    ],
)
def test_a_message_in_words(path, message, said):
    assert sentence(path, json.dumps(message).encode()) == said


@pytest.fixture
def heard():
    """A running receiver and what it says."""
    sentences = SimpleQueue()
    receiver = Receiver(sentences.put)
    thread = Thread(target=receiver.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield receiver.url, sentences
    receiver.shutdown()
    thread.join()
    receiver.server_close()


@pytest.mark.parametrize(
    ("headers", "said"),
    [({}, 'webhook: {"a": 1}'), ({"webhook-signature": "v1,x"}, 'signed webhook: {"a": 1}')],
)
def test_it_answers_and_tells_whether_the_message_was_signed(heard, headers, said):
    url, sentences = heard
    connection = HTTPConnection(urlsplit(url).netloc, timeout=10)
    with closing(connection):
        connection.request("POST", "/deploys", b'{"a": 1}', headers)
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b"ok")

    assert sentences.get(timeout=10) == said
