"""How a WebSocket is read; its sources show the rest."""

import socket
from contextlib import closing
from threading import Event

import pytest

from reactor.model.errors import SourceLost
from reactor.model.event import Frame
from reactor.platforms.pool import Pool
from reactor.sources.channel import Channel
from reactor.sources.handshake import parse_address
from reactor.sources.reading import Reading, opened
from reactor.sources.spool import Spool
from tests.fakes import CountingStop, FullFeed, RecordingFeed
from tests.sources.cloud import a_frame, fake_cloud


@pytest.fixture
def peer_and_channel():
    peer, ours = socket.socketpair()
    with peer, closing(Channel("hub", ours)) as channel:
        yield peer, channel


@pytest.fixture
def pool():
    with closing(Pool("stream", 1)) as pool:
        yield pool


def test_the_connection_is_there_as_soon_as_it_is_open(pool):
    with fake_cloud() as cloud:
        connected = opened(pool, parse_address(f"ws://{cloud.address}/"), {}, Event())

        assert connected is not None
        connected.close()


def test_a_stop_ends_the_wait_and_what_opens_later_is_hung_up(pool):
    stop = Event()
    stop.set()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert opened(pool, parse_address(f"ws://127.0.0.1:{port}/"), {}, stop) is None


def test_frames_come_one_by_one_and_none_for_a_moment_without(peer_and_channel):
    peer, channel = peer_and_channel
    reading = Reading(channel=channel, feed=RecordingFeed(), spool=Spool())
    frames = reading.frames(Event())
    peer.sendall(a_frame(b"{}") + a_frame(b"[]"))

    assert [next(frames), next(frames)] == [b"{}", b"[]"]
    assert next(frames) is None


def test_the_end_of_the_connection_is_told(peer_and_channel):
    peer, channel = peer_and_channel
    reading = Reading(channel=channel, feed=RecordingFeed(), spool=Spool())
    peer.close()

    with pytest.raises(SourceLost, match="closed"):
        next(reading.frames(Event()))


def test_while_the_spool_is_full_nothing_is_read(peer_and_channel):
    peer, channel = peer_and_channel
    spool = Spool(most=100)
    spool.add(Frame(b"{}", "id"))
    reading = Reading(channel=channel, feed=FullFeed(room=0), spool=spool)
    peer.sendall(a_frame(b"{}") * 9)

    assert list(reading.frames(CountingStop(5))) == []
    assert len(spool) == 1


def test_no_two_frames_have_one_identity(peer_and_channel):
    _, channel = peer_and_channel
    readings = [Reading(channel=channel, feed=RecordingFeed(), spool=Spool()) for _ in range(2)]

    identities = {reading.identity(b"{}") for reading in readings for _ in range(3)}

    assert len(identities) == 6
    assert {len(identity) for identity in identities} == {32}
