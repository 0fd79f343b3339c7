"""A WebSocket that is read: frames of bounded size, and a peer whose death is noticed.

The library reads the frames, in a receive loop of our own: a frame's length is looked at before
its payload is read, and nothing here waits longer than it was told to.
"""

import select
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress

from websocket import ABNF, WebSocketException, WebSocketProtocolException, frame_buffer

from reactor.clock import monotonic
from reactor.model.errors import SourceLost
from reactor.sources.handshake import reason

LONGEST_FRAME = 1024 * 1024
"""Of a longer one a byte more than this is handed in, so that it is refused by its size."""

LONGEST_EXCESS = 16 * 1024 * 1024
"""So many bytes more of it are thrown away as they come; of a frame that is longer still we want
to hear no more."""

PING_SECONDS = 5.0
PONG_SECONDS = 4.0

_BLOCK = 64 * 1024
_LONGEST_CONTROL = 125  # RFC 6455 §5.5
_MOST_UNSENT = 64 * 1024  # nobody is owed more pongs than that

_WOULD_BLOCK = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Channel:
    """An open WebSocket, for one thread.

    A PING is sent every 5 s and must be answered within 4 s, so that a peer that is gone is
    noticed within 15 s. All sending and receiving is done by `receive`.
    """

    def __init__(self, host: str, connected: socket.socket) -> None:
        connected.settimeout(0)
        self._host, self._socket = host, connected
        self._ready = select.poll()
        self._ready.register(connected, select.POLLIN)
        self._received, self._unsent = bytearray(), bytearray()
        self._frames = _Frames(self._take)
        self._pings, self._pongs = 0, 0  # the last one's ordinal
        self._ping_at = monotonic() + PING_SECONDS
        self._overdue_at: float | None = None

    def receive(self, patience: float) -> bytes | None:
        """The next frame that carries data, a longer one cut to LONGEST_FRAME + 1 bytes; None when
        none was complete within `patience` seconds. Raises SourceLost."""
        if monotonic() >= self._ping_at:
            self.ping()
        try:
            self._flush()
            return self._answer(self._frames.read())
        except _WOULD_BLOCK:
            # Not sooner: what lies unread may be the PONG that we miss.
            self._expect_pong()
            self._ready.poll(patience * 1000)
            return None
        except OSError as error:
            raise self._lost(reason(error)) from error
        except WebSocketException as error:
            raise self._lost(f"a broken frame: {error}") from error

    def _take(self, count: int) -> bytes:
        """Exactly `count` bytes of what came. Raises one of _WOULD_BLOCK until they are there."""
        while len(self._received) < count:
            block = self._socket.recv(_BLOCK)
            if not block:
                raise self._lost("the connection was closed")
            self._received += block
        taken = bytes(self._received[:count])
        del self._received[:count]
        return taken

    def _answer(self, frame: ABNF) -> bytes | None:
        """Do what a control frame asks; of data the whole, if this is its end."""
        payload = frame.data
        assert isinstance(payload, bytes)  # noqa: S101 -- it came from the socket
        match frame.opcode:
            case ABNF.OPCODE_PING:
                self._send(ABNF.OPCODE_PONG, payload)
            case ABNF.OPCODE_PONG:
                self._take_pong(payload)
            case ABNF.OPCODE_CLOSE:
                raise self._lost(f"the server closed the connection{_told(payload)}")
            case _:
                return self._frames.join(payload, is_last=bool(frame.fin))
        return None

    def ping(self) -> int:
        """Send a PING with the next `receive`; its ordinal, to be asked for by `has_pong`."""
        now = monotonic()
        self._pings += 1
        self._ping_at = now + PING_SECONDS
        self._overdue_at = self._overdue_at or now + PONG_SECONDS
        self._send(ABNF.OPCODE_PING, b"%d" % self._pings)
        return self._pings

    def has_pong(self, ordinal: int) -> bool:
        """Whether that PING was answered: then all that was sent before the answer was read."""
        return self._pongs >= ordinal

    def _take_pong(self, payload: bytes) -> None:
        """Of several PINGs the last may be answered alone (RFC 6455 §5.5.3)."""
        ordinal = int(payload) if payload.isdigit() else 0
        if self._pongs < ordinal <= self._pings:
            self._pongs = ordinal
            is_last = ordinal == self._pings
            self._overdue_at = None if is_last else self._ping_at - PING_SECONDS + PONG_SECONDS

    def _expect_pong(self) -> None:
        if self._overdue_at is not None and monotonic() >= self._overdue_at:
            raise self._lost(f"no pong for {PONG_SECONDS:.0f} s")

    def rest(self) -> None:
        """Nothing is read for now: what is not read cannot be missed."""
        self._overdue_at = None
        self._ping_at = monotonic() + PING_SECONDS

    def _send(self, opcode: int, payload: bytes) -> None:
        self._unsent += ABNF.create_frame(payload, opcode).format()
        if len(self._unsent) > _MOST_UNSENT:
            raise self._lost("the server does not read what we send")

    def _flush(self) -> None:
        """Send what can be sent now. If nothing can any more, it is reading that ends the
        connection: what came before its end is still to be handed in."""
        try:
            while self._unsent:
                del self._unsent[: self._socket.send(self._unsent)]
        except _WOULD_BLOCK:
            pass
        except OSError:
            self._unsent.clear()

    def _lost(self, why: str) -> SourceLost:
        return SourceLost(f"{self._host}: {why}")

    def close(self) -> None:
        """Say good-bye if that is possible, and hang up."""
        with suppress(SourceLost, OSError):
            self._send(ABNF.OPCODE_CLOSE, (1000).to_bytes(2))
            self._flush()
        self._socket.close()


class _Frames:
    """The library's reader with our limits.

    `take` gives exactly as many bytes as it is asked for, or raises; then nothing is lost, and the
    reader goes on where it was.
    """

    def __init__(self, take: Callable[[int], bytes]) -> None:
        self._take = take
        self._reader = frame_buffer(take, skip_utf8_validation=True)  # bytes are what we hand in
        self._excess = 0  # bytes that are still to be thrown away
        self._parts = bytearray()
        self._length = 0  # of all parts, what was thrown away included
        self._is_begun = False

    def read(self) -> ABNF:
        """The next frame. Raises WebSocketException, and what `take` raises."""
        self._throw_away()
        reader = self._reader
        if reader.needs_header():
            reader.recv_header()
        if reader.needs_length():
            reader.recv_length()
            self._check()
        return reader.recv_frame()

    def _check(self) -> None:
        """Look at a header before the payload is read."""
        header, length = self._reader.header, self._reader.length
        assert header is not None and length is not None  # noqa: S101, PT018 -- both were just read
        fin, *reserved, opcode, _, _ = header
        if any(reserved):
            raise WebSocketProtocolException("reserved bits, and no extension was agreed on")
        if opcode >= ABNF.OPCODE_CLOSE:
            if length > _LONGEST_CONTROL or not fin:
                raise WebSocketProtocolException("a control frame that is too long or not whole")
        elif self._is_begun != (opcode == ABNF.OPCODE_CONT):
            raise WebSocketProtocolException("its parts are out of order")
        else:
            self._limit(length)

    def _limit(self, length: int) -> None:
        """Have the reader take what we keep of a payload as if it were all."""
        self._length += length
        if self._length > LONGEST_FRAME + LONGEST_EXCESS:
            raise WebSocketProtocolException(f"{self._length} bytes")
        kept = min(length, LONGEST_FRAME + 1 - len(self._parts))
        self._reader.length, self._excess = kept, length - kept

    def _throw_away(self) -> None:
        while self._excess:
            self._excess -= len(self._take(min(self._excess, _BLOCK)))

    def join(self, payload: bytes, *, is_last: bool) -> bytes | None:
        """The payload with those of the frames before it, if this is the last of them."""
        self._parts += payload
        self._is_begun = not is_last
        if not is_last:
            return None
        whole = bytes(self._parts)
        self._parts.clear()
        self._length = 0
        return whole


def _told(payload: bytes) -> str:
    """The code and the reason of a close frame (RFC 6455 §7.4), as far as they can be shown."""
    if not payload:
        return ""
    text = "".join(filter(str.isprintable, payload[2:].decode(errors="replace")))
    return f": {int.from_bytes(payload[:2])} {text}".rstrip()
