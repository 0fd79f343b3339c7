"""An engine that answers what the doctor asks, with or without a socket proxy before it."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

from reactor.cli.doctor.rights import ABSENT
from reactor.clock import utc_now

OPENED = {
    "CONTAINERS": r"/containers",
    "EVENTS": r"/events",
    "INFO": r"/info",
    "NODES": r"/nodes",
    "PING": r"/_ping",
    "SERVICES": r"/services",
    "TASKS": r"/tasks",
    "VERSION": r"/version",
    "ALLOW_RESTARTS": r"/containers/[\w.-]+/(stop|restart|kill)",
    "ALLOW_START": r"/containers/[\w.-]+/start",
    "ALLOW_STOP": r"/containers/[\w.-]+/stop",
}
"""What each flag of docker-socket-proxy lets through, by the beginning of the path; all that is no
GET also needs POST."""

MANAGER = {
    "NodeID": "node-1",
    "LocalNodeState": "active",
    "ControlAvailable": True,
    "Cluster": {"ID": "cluster-1", "Spec": {"Name": "default"}},
}
WORKER = {"NodeID": "node-2", "LocalNodeState": "active", "ControlAvailable": False}


@dataclass(slots=True)
class StubEngine:
    """`flags` are those of the proxy before it, None without one. `ahead` is how much later it is
    there. `asked` are the requests that came, "GET /info"."""

    flags: frozenset[str] | None = None
    version: str = "1.41"
    swarm: dict[str, object] = field(default_factory=dict)
    ahead: timedelta = timedelta()
    url: str = ""
    asked: list[str] = field(default_factory=list)

    def answer(self, method: str, path: str) -> tuple[int, bytes]:
        """The status and the body, by a path without the version of the API."""
        self.asked.append(f"{method} {path}")
        if not self._is_open(method, path):
            return 403, b"<html><body><h1>403 Forbidden</h1></body></html>"
        status, body = self._answers().get(path, (404, {"message": f"No such container: {path}"}))
        return status, body if isinstance(body, bytes) else json.dumps(body).encode()

    def _is_open(self, method: str, path: str) -> bool:
        if self.flags is None:
            return True
        opened = any(re.match(OPENED[flag], path) for flag in self.flags - {"POST"})
        return opened and (method == "GET" or "POST" in self.flags)

    def _answers(self) -> dict[str, tuple[int, object]]:
        time = (utc_now() + self.ahead).isoformat()
        info = {"ID": "4O5R:TEST", "Name": "dock", "SystemTime": time, "Swarm": self.swarm}
        version = {"Version": "20.10.24", "ApiVersion": self.version, "MinAPIVersion": "1.12"}
        return {
            "/_ping": (200, b"OK"),
            "/version": (200, version),
            "/info": (200, info),
            "/events": (200, b""),
            "/containers/json": (200, []),
            "/services": (200, []),
            "/nodes": (200, []),
            "/tasks": (200, []),
            f"/services/{ABSENT}/update": (400, {"message": "invalid version"}),
        }


@contextmanager
def an_engine(stub: StubEngine) -> Iterator[StubEngine]:
    """It runs on a free port of loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _answering(stub))
    server.daemon_threads = True  # a kept connection must not hold the test
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    stub.url = f"tcp://127.0.0.1:{server.server_port}"
    try:
        yield stub
    finally:
        server.shutdown()
        thread.join()
        server.socket.close()


def _answering(stub: StubEngine) -> type[BaseHTTPRequestHandler]:
    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body together: apart, each answer would take 40 ms longer

        def _answer(self) -> None:
            path = re.sub(r"^/v[\d.]+", "", urlsplit(self.path).path)
            status, body = stub.answer(self.command, path)
            self.send_response(status)
            self.send_header("Api-Version", stub.version)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_DELETE = _answer  # noqa: N815 -- the names that http.server asks for

        def date_time_string(self, timestamp: float | None = None) -> str:
            moment = (utc_now() + stub.ahead).timestamp() if timestamp is None else timestamp
            return super().date_time_string(moment)

        def log_message(self, *_: object) -> None:
            """Tests print nothing."""

    return Answering
