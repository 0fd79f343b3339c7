import pytest

from reactor.model.problem import Place
from reactor.model.rule import SourceSpec
from reactor.model.secret import Secret
from reactor.sources.websocket import WEBSOCKET, faults
from tests.fakes import PATIENCE, RecordingFeed, Running
from tests.sources.cloud import fake_cloud

URL = {"url": Secret("wss://example.com/stream?token=hidden")}


def test_it_is_opened_by_its_options():
    with fake_cloud() as cloud:
        options = {
            "url": Secret(f"ws://{cloud.address}/stream?token=t"),
            "headers": {"Authorization": Secret("Bearer b"), "user-agent": Secret("me")},
        }
        spec = SourceSpec(name="ws", type="websocket", options=options, place=Place("f", 1, 1))
        source = WEBSOCKET.open(spec)
        with Running(source, RecordingFeed()):
            assert cloud.connected.wait(PATIENCE)

        ((target, headers),) = cloud.upgrades
        assert source.peer == f"ws://{cloud.address}/…"
    assert target == "/stream?token=t"
    assert headers["authorization"] == "Bearer b"
    assert headers["user-agent"] == "me"


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"headers": {"Origin": Secret("https://example.com")}},
        {"subprotocols": ("mqtt", "v1.events+json")},
    ],
)
def test_what_is_right_is_not_told(more):
    assert faults(URL | more) == {}


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://example.com/hidden",
        "example.com/hidden",
        "wss:///hidden",
        "wss://ann:hidden@example.com/",
        "wss://example.com/hid den",
        "wss://example.com:99999/hidden",
        "wss://exämple.com/hidden",
    ],
)
def test_a_url_of_no_websocket_is_told_and_not_shown(url):
    told = faults({"url": Secret(url)})

    assert told == {"url": "expected a URL such as wss://example.com/stream, without a user in it"}


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (
            {"headers": {"Sec-WebSocket-Protocol": Secret("x")}},
            {"headers": "the header 'Sec-WebSocket-Protocol' is written by reactor itself"},
        ),
        (
            {"subprotocols": ("mqtt", "a,b")},
            {"subprotocols": "expected names such as mqtt: letters, digits, - . _ and the like"},
        ),
    ],
)
def test_what_the_handshake_cannot_carry_is_told(more, told):
    assert faults(URL | more) == told
