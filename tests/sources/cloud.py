"""A Docker Cloud on a real socket, stream and REST on one port: it does as the test tells it."""

import hashlib
import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socket import SHUT_RDWR, socket
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Event, Lock, Thread
from urllib.parse import parse_qs, urlsplit

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 §1.3
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def a_frame(
    payload: bytes, opcode: int = TEXT, *, first: int = 0x80, masked: bool = False
) -> bytes:
    """A WebSocket frame; `first` are the bits before the opcode: FIN and the reserved ones."""
    size = len(payload)
    mask_bit = 0x80 if masked else 0
    if size < 126:
        head = bytes([first | opcode, mask_bit | size])
    elif size < 1 << 16:
        head = bytes([first | opcode, mask_bit | 126]) + size.to_bytes(2)
    else:
        head = bytes([first | opcode, mask_bit | 127]) + size.to_bytes(8)
    # Masked with zeros a payload is as it was.
    return head + (bytes(4) if masked else b"") + payload


def a_page(cloud: "FakeCloud", target: str) -> bytes:
    """One page of the objects of a type."""
    parts = urlsplit(target)
    query = {name: int(values[0]) for name, values in parse_qs(parts.query).items()}
    kind, begin, end = parts.path.split("/")[-2], query["offset"], query["offset"] + query["limit"]
    objects = cloud.objects.get(kind, [])
    following = f"{parts.path}?limit={query['limit']}&offset={end}" if end < len(objects) else None
    page = {"meta": {"next": following, "offset": begin}, "objects": objects[begin:end]}
    return json.dumps(page).encode()


class FakeCloud:
    """What is sent while nobody is connected waits for the next connection."""

    def __init__(self) -> None:
        self.address = ""
        self.status = ""  # of the answer to an upgrade, in place of 101: "401 Unauthorized"
        self.listing_status = 200
        self.answers_pings = True
        self.objects: dict[str, list[dict[str, object]]] = {}
        self.page = a_page
        self.listable, self.connected = Event(), Event()
        self.listable.set()
        self.upgrades: list[tuple[str, dict[str, str]]] = []
        self.listings: list[str] = []
        self.received: list[tuple[int, bytes]] = []
        self.open: set[socket] = set()
        self._stream: socket | None = None
        self._waiting = b""
        self._lock = Lock()

    @property
    def options(self) -> dict[str, object]:
        """The options of a source that leads here."""
        return {
            "stream_host": f"ws://{self.address}/",
            "rest_host": f"http://{self.address}/",
            "auth": "Basic YW5uOmtleQ==",
        }

    def say(self, *frames: dict[str, object] | bytes) -> None:
        """Send these as text frames."""
        for frame in frames:
            raw = frame if isinstance(frame, bytes) else json.dumps(frame).encode()
            self.send(a_frame(raw))

    def send(self, data: bytes) -> None:
        """Send these bytes on the stream."""
        with self._lock:
            self._waiting += data
            self._flush()

    def attach(self, stream: socket) -> None:
        """From now on this is the stream."""
        with self._lock:
            self._stream = stream
            self._flush()
        self.connected.set()

    def _flush(self) -> None:
        if self._stream:
            with suppress(OSError):  # the client hung up
                self._stream.sendall(self._waiting)
            self._waiting = b""

    def hang_up(self) -> None:
        """End the present stream without a word."""
        with self._lock:
            stream, self._stream = self._stream, None
            self.connected.clear()
            if stream:
                with suppress(OSError):
                    stream.shutdown(SHUT_RDWR)


def upgraded(headers: dict[str, str]) -> bytes:
    """The answer of a server that speaks WebSocket."""
    key = headers["sec-websocket-key"].encode()
    accept = b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest()).decode()
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {accept}\r\n\r\n"
    ).encode()


@contextmanager
def fake_cloud() -> Iterator[FakeCloud]:
    """A running one on a free port of loopback."""
    cloud = FakeCloud()
    with _Server(cloud) as server:
        cloud.address = f"127.0.0.1:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield cloud
        finally:
            cloud.listable.set()
            server.shutdown()
            thread.join()
            for connection in list(cloud.open):
                with suppress(OSError):
                    connection.shutdown(SHUT_RDWR)


class _Server(ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False  # whoever answers may wait for what the test never does

    def __init__(self, cloud: FakeCloud) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.cloud = cloud


class _Answering(StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        self.server.cloud.open.add(self.connection)
        with suppress(OSError, ValueError):  # the client hung up
            self._answer(self.server.cloud)
        self.server.cloud.open.discard(self.connection)

    def _answer(self, cloud: FakeCloud) -> None:
        target = self.rfile.readline().decode().split(" ")[1]
        headers = {}
        while line := self.rfile.readline().decode().strip():
            name, _, value = line.partition(": ")
            headers[name.lower()] = value
        if "upgrade" not in headers:
            self._list(cloud, target)
            return
        cloud.upgrades.append((target, headers))
        if cloud.status:
            self.wfile.write(f"HTTP/1.1 {cloud.status}\r\nContent-Length: 0\r\n\r\n".encode())
            return
        self.wfile.write(upgraded(headers))
        cloud.attach(self.connection)
        self._listen(cloud)

    def _list(self, cloud: FakeCloud, target: str) -> None:
        cloud.listings.append(target)
        cloud.listable.wait()
        body = cloud.page(cloud, target)
        head = f"HTTP/1.1 {cloud.listing_status} Told\r\nContent-Length: {len(body)}\r\n"
        self.wfile.write(f"{head}Connection: close\r\n\r\n".encode() + body)

    def _listen(self, cloud: FakeCloud) -> None:
        while head := self.rfile.read(2):
            opcode, mask, masked = head[0] & 15, *map(self.rfile.read, (4, head[1] & 127))
            payload = bytes(byte ^ mask[place % 4] for place, byte in enumerate(masked))
            cloud.received.append((opcode, payload))
            if opcode == PING and cloud.answers_pings:
                cloud.send(a_frame(payload, PONG))
