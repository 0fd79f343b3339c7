"""HTTP on one connection, read by httptools: several times as fast as h11, and without its bounds.

It reads on for as long as a peer sends, and uvicorn keeps what it has read. Here is what makes a
peer wait or stops it; how long it may take, `connections` says.
"""

from typing import Any

from httptools import HttpParserError, HttpParserUpgrade
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

MOST_HEAD = 16 * 1024
"""Bytes of a head, give or take a part; as many of what frames a chunk, and of what comes after the
last one."""

PART = 4 * 1024
"""Bytes that are read at once. Of the requests of a client that does not wait for answers, those of
one part are held as requests, and what follows as the bytes it is."""

_INVALID = "Invalid HTTP request received."  # as uvicorn has it


class BoundedProtocol(HttpToolsProtocol):
    """What uvicorn makes for a connection. It inherits, since uvicorn takes limits in no other way.

    `answering` is the request that is being answered, or was last; `cycle`, which is uvicorn's, the
    one that was read last.
    """

    def __init__(self, **made: Any) -> None:  # Any: what uvicorn gives to a protocol of its own
        super().__init__(**made)
        self.answering: RequestResponseCycle | None = None
        self._ahead = b""
        self._unfinished = 0  # bytes since the end of a head, or since some of a body

    def data_received(self, data: bytes) -> None:
        """Called by the loop. Reads until a request has to wait for the answers to others."""
        self._unset_keepalive_if_required()
        data, self._ahead = self._ahead + data, b""
        for start in range(0, len(data), PART):
            if self.pipeline:
                self._hold(data[start:])
                return
            if self._is_ours():
                self._read(data[start : start + PART])

    def _is_ours(self) -> bool:
        """Whether it is open still, and has not become a WebSocket."""
        return self in self.connections and not self.transport.is_closing()

    def _hold(self, data: bytes) -> None:
        self._ahead = data
        # Whoever waits for a body resumes what `flow` has paused, so it must not be that.
        self.flow.resume_reading()
        self.transport.pause_reading()

    def _read(self, data: bytes) -> None:
        self._unfinished += len(data)
        try:
            self.parser.feed_data(data)
        except HttpParserError:
            self.send_400_response(_INVALID)
        except HttpParserUpgrade as upgrade:
            self._upgrade(data[upgrade.args[0] :])
        else:
            if self._unfinished > MOST_HEAD:
                self.send_400_response(_INVALID)

    def _upgrade(self, rest: bytes) -> None:
        if self._should_upgrade():
            self.handle_websocket_upgrade()
        elif self.parser.get_method() == b"CONNECT":  # which is one whatever its headers are
            self.send_400_response(_INVALID)
        else:
            self._read(self._plain_head() + rest)

    def _plain_head(self) -> bytes:
        """The head without its offer to go on in HTTP/2 or the like, as Java's clients make it. We
        need not take it up (RFC 9110 §7.8), but the parser has, and has left out the body."""
        version = self.parser.get_http_version().encode()
        lines = [b"%s %s HTTP/%s" % (self.parser.get_method(), self.url, version)]
        lines += [b"%s: %s" % each for each in self.headers if each[0] != b"upgrade"]
        return b"\r\n".join([*lines, b"", b""])

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser, also for what comes after a body in chunks."""
        super().on_header(name, value.rstrip(b" \t"))  # blanks are none of it: RFC 9110 §5.5

    def on_headers_complete(self) -> None:
        """Called by the parser."""
        self._unfinished = 0
        is_upgrade = self.parser.should_upgrade()
        if not is_upgrade or self._should_upgrade():
            super().on_headers_complete()
        if not is_upgrade:
            self.headers = []  # the app has the others; what comes after the body is not for it
            if not self.pipeline:
                self.answering = self.cycle

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        self._unfinished = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Called by the parser, also where it leaves out the body for an upgrade."""
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """Called when an answer is written. The next one that was asked for is begun then."""
        if self.pipeline:
            self.answering = self.pipeline[-1][0]
        super().on_response_complete()
        if self._ahead:
            self.transport.resume_reading()
            self.data_received(b"")

    def send_400_response(self, msg: str) -> None:
        """Refuse what was read, and close. If something is being answered, that is done first; that
        nothing else will be, the end of the connection tells."""
        earlier = self.answering
        if earlier is None or earlier.more_body or earlier.response_complete:
            super().send_400_response(msg)
        else:
            earlier.keep_alive = False

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the loop."""
        if self.answering is not None:
            self.answering.disconnected = True  # else its answer would be written, and fail
        super().connection_lost(exc)
