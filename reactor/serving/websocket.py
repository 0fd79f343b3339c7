"""A WebSocket on one connection, written to by whoever has the same for many.

uvicorn takes a message, frames it and writes it for each client anew, at some 20 µs. Here what is
framed once goes to any number of them, and the connection says how much of it still waits.
"""

import asyncio

from starlette.types import Message
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.http11 import Request

EXTENSION = "reactor.outlet"
"""Where an application's scope has the `outlet` of its connection, among the extensions."""

MOST_UNREAD = 1024 * 1024
"""Bytes of answers to a peer's PINGs that it need not have taken before it sends more."""

MOST_PARTS = 1024
"""Frames of one message. Its bytes are bounded elsewhere, but a frame may have none."""

_TOO_LONG = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"Content-Length: 0\r\nConnection: close\r\n\r\n"
)


class Outlet(WebSocketsSansIOProtocol):
    """What uvicorn makes for a connection that becomes a WebSocket. It inherits, since uvicorn has
    no other way to write so. For the server's own thread alone."""

    @property
    def unread(self) -> int:
        """Bytes that wait until the peer reads."""
        return self.transport.get_write_buffer_size()

    def write(self, frames: bytes) -> None:
        """Send whole frames that `text_frame` made, behind all that was sent before. Does not
        wait; to a connection that is closed or about to be, nothing is sent."""
        if not (self.close_sent or self.transport.is_closing()):
            self.transport.write(frames)

    def dismiss(self, code: int, reason: str, patience: float) -> None:
        """Close, behind all that was sent before. Who has not taken it after `patience` seconds is
        cut off."""
        if self.close_sent or self.transport.is_closing():
            return
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.close_timer = self.loop.call_later(patience, self.transport.abort)
        if self.read_paused:  # what it has said is taken by nobody, and its close comes behind that
            self.read_paused = False
            self.transport.resume_reading()
        # For the application it is over, and what the peer still says is read until it is.
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})

    async def send(self, message: Message) -> None:  # type: ignore[override]  # uvicorn's: narrower
        """Called by the application. The loop has its turn each time. uvicorn waits only for a peer
        that reads slowly: what is sent to one that is gone goes nowhere at once, so whoever sends
        on and on would hold the loop for ever and never hear of it."""
        await super().send(message)  # type: ignore[arg-type]
        await asyncio.sleep(0)

    def data_received(self, data: bytes) -> None:
        """Called by the loop, and first of all with the head of the request. Of one with longer
        lines than websockets takes, uvicorn hears nothing, and would wait for it."""
        super().data_received(data)
        if not self.handshake_initiated and not self.transport.is_closing():
            self.transport.write(_TOO_LONG)
            self.transport.close()

    def handle_connect(self, event: Request) -> None:
        """Called for the request. The application is begun, and runs after this."""
        super().handle_connect(event)
        if not self.handshake_complete:  # else it was no handshake, and is refused already
            self.scope["extensions"][EXTENSION] = {"outlet": self}

    def handle_ping(self) -> None:
        """Called for each PING."""
        super().handle_ping()
        if self.unread > MOST_UNREAD:
            self.transport.abort()

    def handle_cont(self, event: Frame) -> None:
        """Called for each further frame of a message."""
        if len(self.frames) < MOST_PARTS:
            super().handle_cont(event)
        else:
            self.transport.abort()


def text_frame(text: bytes) -> bytes:
    """A text message as a server sends it: RFC 6455 §5.2."""
    length = len(text)
    if length < 126:
        return b"\x81%c%b" % (length, text)
    if length < 1 << 16:
        return b"\x81\x7e%b%b" % (length.to_bytes(2), text)
    return b"\x81\x7f%b%b" % (length.to_bytes(8), text)
