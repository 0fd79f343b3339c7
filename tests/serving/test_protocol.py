"""What is read from a connection: as much as is allowed, in order, and none of it twice."""

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.serving.protocol import MOST_HEAD, PART
from tests.serving.lines import World, in_a_loop

HEAD = b"POST /a HTTP/1.1\r\nHost: localhost\r\n"
CHUNKS = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
SHORT = b"GET /a HTTP/1.1\r\n\r\n"
SLOW = b"GET /slow HTTP/1.1\r\n\r\n"


def whole(path=b"/a", body=b"{}"):
    return b"POST %s HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s" % (path, len(body), body)


def told(*pieces):
    """What becomes of it when a client says this, piece by piece."""

    async def story():
        line = (world := World()).connect()
        for piece in pieces:
            line.says(piece)
        await world.answers()
        return world, line

    return asyncio.run(story())


def test_a_body_comes_whole_however_long_it_is():
    body = bytes(range(256)) * 1_000

    world, line = told(whole(body=body))

    assert [asked.body for asked in world.asked] == [body]
    assert line.statuses == [200]


def test_a_body_in_chunks_is_put_together():
    world, line = told(CHUNKS, b"3;why=not\r\nabc\r\n", b"2\r\nde\r\n0\r\n\r\n", whole(b"/b"))

    assert [asked.body for asked in world.asked] == [b"abcde", b"{}"]
    assert line.statuses == [200, 200]


def test_what_comes_after_the_last_chunk_is_no_header():
    world, _ = told(CHUNKS + b"3\r\nabc\r\n0\r\nAuthorization: me\r\n\r\n")

    (asked,) = world.asked
    assert asked.headers == [(b"host", b"localhost"), (b"transfer-encoding", b"chunked")]


def test_blanks_around_a_value_are_none_of_it():
    world, _ = told(HEAD + b"X-Signature: \t sha256=00 \t \r\n\r\n")

    assert world.asked[0].headers[-1] == (b"x-signature", b"sha256=00")


LINE = b"X: " + b"x" * 1_000 + b"\r\n"
LONGEST = MOST_HEAD // len(LINE)

TOO_LONG = {
    "many headers": (HEAD, *[LINE] * 2 * LONGEST),
    "many headers at once": (HEAD + LINE * 2 * LONGEST + b"\r\n",),
    "one header": (HEAD + b"X: ", *[b"x" * 1_000] * 2 * LONGEST),
    "a path": (b"GET /", *[b"x" * 1_000] * 2 * LONGEST),
    "a chunk's extension": (CHUNKS, b"3;", *[b"x" * 1_000] * 2 * LONGEST),
    "after the last chunk": (CHUNKS, b"3\r\nabc\r\n0\r\n", *[LINE] * 2 * LONGEST),
}


@pytest.mark.parametrize("pieces", TOO_LONG.values(), ids=TOO_LONG)
def test_what_is_too_long_is_refused(pieces):
    world, line = told(*pieces)

    assert line.statuses == [400]
    assert line.is_closing()
    assert world.asked == []


def test_what_is_nearly_too_long_is_not():
    chunks = b"1\r\nx\r\n" * 10_000 + b"0\r\n"

    world, line = told(CHUNKS[:-2] + LINE * (LONGEST - 1) + b"\r\n" + chunks + b"\r\n")

    assert world.asked[0].body == b"x" * 10_000
    assert line.statuses == [200]


INVALID = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"CONNECT example.com:443 HTTP/1.1\r\n\r\n",
    b"FETCH / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/3.7\r\n\r\n",
    b"GET /\xff HTTP/1.1\r\n\r\n",
    b"GET http://example.com HTTP/1.1\r\n\r\n",
    HEAD + b"no colon\r\n\r\n",
    HEAD + b"X : y\r\n\r\n",
    HEAD + b"X: \x00\r\n\r\n",
    HEAD + b"X: a\r\n b\r\n\r\n",
    HEAD + b"Content-Length: -1\r\n\r\n",
    HEAD + b"Content-Length: 1_0\r\n\r\n",
    HEAD + b"Content-Length:\r\n\r\n",
    HEAD + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n",
    HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
    HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    HEAD + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    CHUNKS + b"xyz\r\n",
    CHUNKS + b"f" * 17 + b"\r\n",
    CHUNKS + b"1\r\nabc\r\n",
]


@pytest.mark.parametrize("says", INVALID)
def test_what_is_no_request_is_refused(says):
    world, line = told(says)

    assert line.statuses == [400]
    assert line.is_closing()
    assert world.asked == []


@in_a_loop
async def test_what_is_no_request_is_refused_after_an_answer_too():
    line = (world := World()).connect(SHORT)
    await world.answers()

    line.says(INVALID[0])

    assert line.statuses == [200, 400]
    assert line.is_closing()


def test_what_is_no_request_does_not_take_the_place_of_an_answer():
    _, line = told(whole(b"/a") + whole(b"/b") + CHUNKS + b"xyz\r\n")

    assert line.written.endswith(b"connection: close\r\n\r\n/a")
    assert line.statuses == [200]
    assert line.is_closing()


OFFER = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"


@pytest.mark.parametrize("cut", [1, 60, 150, 10_000])
def test_an_offer_to_speak_something_else_is_not_taken_up(cut):
    says = HEAD + OFFER + b"Content-Length: 5\r\n\r\nabcde" + whole(b"/b") + whole(b"/c")

    world, line = told(says[:cut], says[cut:])

    assert [(asked.target, asked.body) for asked in world.asked] == [
        ("/a", b"abcde"),
        ("/b", b"{}"),
        ("/c", b"{}"),
    ]
    assert line.statuses == [200] * 3


def test_who_does_not_wait_for_answers_gets_them_in_order():
    paths = [b"/%d" % number for number in range(5_000)]

    _, line = told(b"".join(whole(path, b"x" * (len(path) * 9)) for path in paths))

    assert line.statuses == [200] * 5_000
    assert [said.rpartition(b"\r\n")[2] for said in line.written.split(b"HTTP/1.1 ")[1:]] == paths


@in_a_loop
async def test_of_who_does_not_wait_only_so_much_is_read():
    line = (world := World()).connect(SLOW + SHORT * 10_000)
    await world.held.wait()

    assert len(line.protocol.pipeline) <= PART // len(SHORT)
    assert not line.is_reading()

    world.go.set()
    await world.answers()
    assert len(world.asked) == 10_001


@in_a_loop
async def test_who_had_to_wait_is_read_on():
    line = (world := World()).connect(SLOW * 2)
    line.says(SHORT[:5])
    assert not line.is_reading()

    world.go.set()
    await world.answers()
    assert line.is_reading()

    line.says(SHORT[5:])
    await world.answers()
    assert line.statuses == [200] * 3


@in_a_loop
async def test_nothing_is_written_to_who_is_gone():
    line = (world := World()).connect(SLOW * 2)
    await world.held.wait()

    line.close()
    world.go.set()
    await world.answers()

    assert line.written == b""
    assert len(world.asked) == 1


@in_a_loop
async def test_who_sends_again_has_ended_the_pause_after_an_answer():
    line = (world := World()).connect(SHORT)
    await world.answers()
    assert line.protocol.timeout_keep_alive_task

    line.says(SHORT[:1])

    assert line.protocol.timeout_keep_alive_task is None


STREAM = b"".join(
    [
        whole(b"/a", b"x" * 300),
        CHUNKS + b"3\r\nabc\r\n0\r\nX: y\r\n\r\n",
        HEAD + OFFER + b"Content-Length: 5\r\n\r\nabcde",
        SHORT,
        whole(b"/last"),
    ]
)


@given(st.lists(st.integers(0, len(STREAM))))
def test_how_a_stream_is_cut_changes_nothing(cuts):
    places = [0, *sorted(cuts), len(STREAM)]

    world, line = told(*(STREAM[a:b] for a, b in pairwise(places)))

    assert [asked.body for asked in world.asked] == [b"x" * 300, b"abc", b"abcde", b"", b"{}"]
    assert line.statuses == [200] * 5


@given(st.lists(st.sampled_from([*INVALID, STREAM, OFFER, LINE]) | st.binary(max_size=40)))
def test_nothing_that_is_said_breaks_it(pieces):
    world, line = told(*pieces)

    assert line.statuses.count(200) <= len(world.asked)
    assert not line.is_closing() or line.protocol not in world.state.connections
