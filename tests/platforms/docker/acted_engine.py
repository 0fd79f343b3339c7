"""A Docker Engine that can be acted on, over a real socket: it holds what the test gives it, and
remembers what it was told to change."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

from reactor.platforms.docker.client import Client
from reactor.platforms.docker.dial import parse_address
from reactor.platforms.docker.engine import Engine, Swarm

API = "/v1.41"
ENGINE = Engine(id="4O5R:TEST", name="dock", version="20.10.24", api=API)
MANAGER = Engine(
    id="4O5R:TEST",
    name="dock",
    version="20.10.24",
    api=API,
    swarm=Swarm(node_id="n0de", is_manager=True, cluster_id="c1uster", cluster_name="default"),
)
COMPOSE_LABELS = {
    "com.docker.compose.project": "shop",
    "com.docker.compose.service": "web",
    "com.docker.compose.oneoff": "False",
}


class ActedEngine:
    """`told` are the requests that were to change something: method, path and query, JSON. A path
    in `answers` is answered so, whatever the method."""

    def __init__(self) -> None:
        self.containers: list[dict[str, object]] = []
        self.services: list[dict[str, object]] = []
        self.answers: dict[str, tuple[int, object]] = {}
        self.told: list[tuple[str, str, object]] = []
        self.url = ""

    @property
    def client(self) -> Client:
        """A new one."""
        return Client(parse_address(self.url))

    @property
    def calls(self) -> list[str]:
        """What it was told, in a few words: `POST /containers/c1/stop`."""
        return [f"{method} {path}" for method, path, _ in self.told]

    def run(self, container_id: str, started_at: str = "", **labels: str) -> None:
        """Have a running container, named `NAME-ID`."""
        names = [f"/name-{container_id}"]
        listed: dict[str, object] = {"Id": container_id, "Names": names, "Labels": labels}
        self.containers.append(listed)
        state = {"Running": True, "StartedAt": started_at}
        self.answers[f"/containers/{container_id}/json"] = (200, {"State": state})

    def serve(self, service_id: str, replicas: int | None = 2, **labels: str) -> None:
        """Have a service of the swarm, named `NAME-ID`."""
        mode = {"Global": {}} if replicas is None else {"Replicated": {"Replicas": replicas}}
        template = {"ContainerSpec": {"Image": "nginx"}, "ForceUpdate": 0}
        name = f"name-{service_id}"
        spec = {"Name": name, "Labels": labels, "TaskTemplate": template, "Mode": mode}
        service: dict[str, object] = {"ID": service_id, "Version": {"Index": 7}, "Spec": spec}
        self.services.append(service)

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, object]:
        """The status and the JSON of one answer."""
        bare = urlsplit(path).path
        if method != "GET":
            self.told.append((method, path, json.loads(body) if body else None))
            return self.answers.get(f"{method} {bare}", (204, None))
        held: Mapping[str, tuple[int, object]] = {
            "/_ping": (200, "OK"),
            "/version": (200, {"Version": ENGINE.version}),
            "/info": (200, {"ID": ENGINE.id, "Name": ENGINE.name}),
            "/containers/json": (200, self.containers),
            "/services": (200, self.services),
        }
        return {**held, **self.answers}.get(bare, (404, {"message": f"nothing at {bare}"}))


@contextmanager
def acted_engine() -> Iterator[ActedEngine]:
    """A running one on a free port of loopback."""
    engine = ActedEngine()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(engine))
    server.daemon_threads = True  # a connection that a client keeps must not hold the test
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    engine.url = f"tcp://127.0.0.1:{server.server_port}"
    try:
        yield engine
    finally:
        server.shutdown()
        thread.join()
        server.socket.close()


def _handler(engine: ActedEngine) -> type[BaseHTTPRequestHandler]:
    class Answering(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            path = self.path.removeprefix(API)
            status, value = engine.answer(self.command, path, body)
            content = b"" if value is None else json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Api-Version", "1.41")
            if status not in (204, 304):
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def do_DELETE(self) -> None:
            self._answer()

        def log_message(self, *_: object) -> None:
            """Tests print nothing."""

    return Answering
