"""What a peer may send, and what becomes of it; over real sockets, by the byte."""

import socket
import ssl
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from threading import Event, Thread
from time import monotonic

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.model.errors import SourceLost
from reactor.sources.channel import LONGEST_EXCESS, LONGEST_FRAME, Channel
from tests.fakes import PATIENCE
from tests.sources.cloud import BINARY, CLOSE, PING, PONG, TEXT, a_frame

FIN, RSV1 = 0x80, 0x40
PART, LAST, CONTINUED = 0, FIN, 0


@contextmanager
def a_channel():
    """A channel and the socket of its peer."""
    peer, ours = socket.socketpair()
    peer.settimeout(PATIENCE)
    with peer, closing(Channel("hub", ours)) as channel:
        yield channel, peer


def read(channel, count):
    """So many frames, however many calls that takes."""
    frames, end = [], monotonic() + PATIENCE
    while len(frames) < count and monotonic() < end:
        if (frame := channel.receive(0.01)) is not None:
            frames.append(frame)
    return frames


def read_on(channel):
    """Until the connection is lost."""
    while True:
        frame = channel.receive(0)
        assert frame is None or isinstance(frame, bytes)


def sending(peer, data):
    """Send from a thread of its own: more than a socket holds must not block the test."""
    thread = Thread(target=peer.sendall, args=(data,))
    thread.start()
    return thread


def sent_to(peer):
    """The opcode and the payload of the next small frame that reached the peer."""
    head = peer.recv(2, socket.MSG_WAITALL)
    assert head[1] & 0x80, "a client masks"
    mask, masked = peer.recv(4), peer.recv(head[1] & 0x7F) if head[1] & 0x7F else b""
    return head[0] & 0x0F, bytes(byte ^ mask[place % 4] for place, byte in enumerate(masked))


@given(
    payloads=st.lists(st.binary(max_size=300), max_size=8),
    cuts=st.lists(st.integers(1, 50), min_size=1),
)
def test_frames_are_the_same_however_the_stream_is_cut(payloads, cuts):
    stream = b"".join(map(a_frame, payloads))
    with a_channel() as (channel, peer):
        frames = []
        for place in range(len(stream)):
            size = cuts[place % len(cuts)]
            block, stream = stream[:size], stream[size:]
            peer.sendall(block)
            frames += filter(lambda frame: frame is not None, [channel.receive(0)])

        assert frames + read(channel, len(payloads) - len(frames)) == payloads


@given(
    st.lists(
        st.one_of(
            st.binary(max_size=20),
            st.builds(
                a_frame,
                st.binary(max_size=200),
                st.integers(0, 15),
                first=st.sampled_from([FIN, PART, FIN | RSV1]),
                masked=st.booleans(),
            ),
        )
    ).map(b"".join)
)
def test_whatever_a_peer_sends_is_a_frame_or_a_loss(data):
    with a_channel() as (channel, peer):
        peer.sendall(data)
        peer.shutdown(socket.SHUT_WR)

        with pytest.raises(SourceLost):
            read_on(channel)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(a_frame(b"{}"), id="text"),
        pytest.param(a_frame(b"{}", BINARY), id="binary"),
        pytest.param(a_frame(b"{}", masked=True), id="masked"),
        pytest.param(
            a_frame(b"{", first=PART)
            + a_frame(b"", CONTINUED, first=PART)
            + a_frame(b"", PING)  # control frames may come between
            + a_frame(b"}", CONTINUED, first=LAST),
            id="in parts",
        ),
    ],
)
def test_a_frame_is_handed_in_whole(data):
    with a_channel() as (channel, peer):
        peer.sendall(data)

        assert read(channel, 1) == [b"{}"]


def test_broken_utf_8_and_an_empty_frame_are_handed_in_as_they_are():
    with a_channel() as (channel, peer):
        peer.sendall(a_frame(b"\xff\xfe{") + a_frame(b""))

        assert read(channel, 2) == [b"\xff\xfe{", b""]


def test_the_largest_frame_passes_whole():
    with a_channel() as (channel, peer):
        thread = sending(peer, a_frame(b"x" * LONGEST_FRAME))

        assert read(channel, 1) == [b"x" * LONGEST_FRAME]
        thread.join()


def too_long_in_parts():
    part = b"x" * (LONGEST_FRAME // 2 + 1)
    return (
        a_frame(part, first=PART)
        + a_frame(part, CONTINUED, first=PART)
        + a_frame(part, CONTINUED, first=LAST)
    )


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(a_frame(b"x" * (LONGEST_FRAME + 1)), id="by a byte"),
        pytest.param(a_frame(b"x" * 5_000_000), id="by much"),
        pytest.param(too_long_in_parts(), id="all its parts together"),
    ],
)
def test_of_a_frame_that_is_too_long_just_enough_is_handed_in_to_show_it(data):
    with a_channel() as (channel, peer):
        thread = sending(peer, data + a_frame(b"next"))

        assert read(channel, 2) == [b"x" * (LONGEST_FRAME + 1), b"next"]
        thread.join()


def test_memory_stays_flat_over_frames_that_are_too_long():
    with a_channel() as (channel, peer):
        thread = sending(peer, a_frame(b"x" * 16_000_000) * 5 + a_frame(b"next"))
        tracemalloc.start()
        read(channel, 6)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        thread.join()

    assert peak < 10 * LONGEST_FRAME  # the five that the test keeps, and what one takes in passing


def a_head(size, first=FIN | TEXT):
    """Of a frame that says it is so long the head alone."""
    return bytes([first, 127]) + size.to_bytes(8)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (a_head(LONGEST_FRAME + LONGEST_EXCESS + 1), "a broken frame: 17825793 bytes"),
        (a_head((1 << 64) - 1), "a broken frame: 18446744073709551615 bytes"),
        (a_frame(b"{}", first=FIN | RSV1), "a broken frame: reserved bits, and no extension"),
        (a_frame(b"{}", 3), "a broken frame: Invalid opcode 3"),
        (a_frame(b"", 11), "a broken frame: Invalid opcode 11"),
        (a_frame(b"}", CONTINUED), "a broken frame: its parts are out of order"),
        (a_frame(b"{", first=PART) + a_frame(b"{"), "a broken frame: its parts are out of order"),
        (a_frame(b"", PING, first=PART), "a broken frame: a control frame that is too long or not"),
        (a_head(126, FIN | PING), "a broken frame: a control frame that is too long or not whole"),
        (a_frame(b"x", CLOSE), "a broken frame: Invalid close frame"),
        (a_frame((999).to_bytes(2), CLOSE), "a broken frame: Invalid close opcode 999"),
        (a_frame(b"", CLOSE), "the server closed the connection"),
        (
            a_frame((1001).to_bytes(2) + b"going\n\xff away", CLOSE),
            "the server closed the connection: 1001 going� away",
        ),
    ],
)
def test_what_cannot_be_read_ends_the_connection_and_says_why(data, why):
    with a_channel() as (channel, peer):
        peer.sendall(data)

        with pytest.raises(SourceLost) as lost:
            read(channel, 1)

    assert str(lost.value).startswith(f"hub: {why}")


def test_a_connection_that_ends_is_lost():
    with a_channel() as (channel, peer):
        peer.sendall(a_frame(b"last") + a_frame(b"{}")[:-1])
        peer.shutdown(socket.SHUT_WR)

        assert read(channel, 1) == [b"last"]
        with pytest.raises(SourceLost, match="hub: the connection was closed"):
            read(channel, 1)


def test_a_ping_of_the_server_is_answered_with_its_payload():
    with a_channel() as (channel, peer):
        peer.sendall(a_frame(b"are you there?", PING))
        channel.receive(1)
        channel.receive(0)

        assert sent_to(peer) == (PONG, b"are you there?")


def test_a_server_that_pings_and_never_reads_is_left():
    with a_channel() as (channel, peer):
        thread = Thread(target=flood, args=(peer, a_frame(b"x" * 125, PING) * 100))
        thread.start()

        with pytest.raises(SourceLost, match="does not read what we send"):
            read(channel, 1)
        channel.close()
        thread.join()


def flood(peer, data):
    """Send until the other side hangs up."""
    try:
        while True:
            peer.sendall(data)
    except OSError:
        pass


def test_what_came_before_the_end_is_read_though_nothing_can_be_sent_any_more():
    with a_channel() as (channel, peer):
        peer.sendall((a_frame(b"{}") + a_frame(b"", PING)) * 100)
        peer.close()

        assert read(channel, 100) == [b"{}"] * 100
        with pytest.raises(SourceLost, match="hub: the connection was closed"):
            read(channel, 1)


def test_a_pong_tells_that_all_before_it_was_read():
    with a_channel() as (channel, peer):
        ordinal = channel.ping()
        channel.receive(0)
        opcode, payload = sent_to(peer)
        peer.sendall(a_frame(b"sent before") + a_frame(payload, PONG))

        assert (opcode, channel.receive(1)) == (PING, b"sent before")
        assert not channel.has_pong(ordinal)
        assert channel.receive(1) is None
        assert channel.has_pong(ordinal)


@pytest.mark.parametrize("payload", [b"", b"2", b"0", b"x", "²".encode(), b"9" * 125])
def test_a_pong_that_nobody_asked_for_says_nothing(payload):
    with a_channel() as (channel, peer):
        ordinal = channel.ping()
        peer.sendall(a_frame(payload, PONG))
        channel.receive(1)

        assert not channel.has_pong(ordinal)


def test_waiting_is_no_longer_than_it_is_told_to_be():
    with a_channel() as (channel, _):
        begin = monotonic()

        assert channel.receive(0.05) is None
        assert 0.04 < monotonic() - begin < 1


def test_closing_says_good_bye():
    with a_channel() as (channel, peer):
        channel.close()

        assert sent_to(peer) == (CLOSE, (1000).to_bytes(2))
        assert peer.recv(1) == b""


def talking(peer, over):
    """One that has gone deaf: what it sends still comes, and what we send is lost."""
    while not over.wait(0.5):
        peer.sendall(a_frame(b"{}"))


def in_the_middle(peer, over):
    peer.sendall(a_frame(b"x" * 1000)[:500])
    over.wait()


def silent(peer, over):
    over.wait()


def resting(channel):
    """A reader that rests for longer than a PONG may take."""
    channel.ping()
    end = monotonic() + 6
    while monotonic() < end:
        channel.rest()
        Event().wait(0.1)
    return channel.receive(0)


def time_to_loss(behave):
    """How many seconds a peer that behaves so is kept, and why it was left."""
    over = Event()
    with a_channel() as (channel, peer):
        thread = Thread(target=behave, args=(peer, over))
        thread.start()
        begin = monotonic()
        try:
            while True:
                channel.receive(0.2)
        except SourceLost as lost:
            return monotonic() - begin, str(lost)
        finally:
            over.set()
            thread.join()


def rested():
    with a_channel() as (channel, _):
        return resting(channel)


def test_a_peer_that_is_gone_is_noticed_within_15_seconds_and_one_that_is_not_read_is_kept():
    with ThreadPoolExecutor() as pool:
        rest = pool.submit(rested)
        losses = list(pool.map(time_to_loss, [silent, in_the_middle, talking]))

    assert [why for _, why in losses] == ["hub: no pong for 4 s"] * 3
    assert all(5 <= seconds < 15 for seconds, _ in losses)
    assert rest.result() is None


def test_over_tls_all_that_came_is_read_before_waiting():
    pem = __file__.replace("test_channel.py", "tls.pem")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    theirs, ours = socket.socketpair()
    wrapped = ThreadPoolExecutor(1).submit(server.wrap_socket, theirs, server_side=True)
    client = ssl.create_default_context(cafile=pem)
    ours = client.wrap_socket(ours, server_hostname="localhost")

    with wrapped.result(PATIENCE) as peer, closing(Channel("hub", ours)) as channel:
        peer.sendall(a_frame(b"x" * 1000) * 40)  # in records of which none fits a frame's end
        begin = monotonic()
        assert read(channel, 40) == [b"x" * 1000] * 40
        assert monotonic() - begin < 1
