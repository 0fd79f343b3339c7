"""A hub with a simulated fleet in a process of its own, which can be killed, stopped and told what
shall happen: `python -m tests.hub.process --port 0 --seed 1`.

It prints `HOST:PORT`, then takes commands, one JSON object a line, and answers each with one.
"""

import argparse
import json
import signal
import subprocess
import sys
from pathlib import Path
from threading import Thread

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from reactor.clock import utc_now
from reactor.hub.server import Hub
from reactor.hub.simulated import SimulatedFleet
from tests.hub.served import CREDENTIALS
from tests.service import PATIENCE

ROOT = Path(__file__).parent.parent.parent


class HubProcess:
    """The process, seen from a test. User and key are those of tests.hub.served."""

    def __init__(self, port: int = 0, seed: int = 1) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.hub.process", "--port", str(port), "--seed", str(seed)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        host, _, listening = self._line().rpartition(":")
        self.address = (host, int(listening))

    def do(self, command: str, **arguments: object) -> dict[str, object]:
        """Have it do something, and what it answers. The commands are those that `_obey` knows."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": command, **arguments}) + "\n")
        self._process.stdin.flush()
        answer: dict[str, object] = json.loads(self._line())
        return answer

    def suspend(self) -> None:
        """From now on it does nothing, but its connections stand."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Undo `suspend`."""
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it as a crash does."""
        self._process.kill()
        self._process.wait(PATIENCE)

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the hub ended"
        return line.rstrip("\n")

    def __enter__(self) -> "HubProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


def _crash(fleet: SimulatedFleet, service: str, exit_code: int) -> dict[str, object]:
    """The oldest running container of the service of that name ends by itself."""
    running = fleet.running(service)
    if not running:
        return {"error": f"no container of {service} is running"}
    fleet.advance(utc_now())  # it has to be now that it crashes
    fleet.crash(running[0], exit_code)
    return {"crashed": running[0]}


def _close_clients(hub: Hub) -> dict[str, object]:
    """Every stream's connection is gone at once, without a word."""
    # From the inside: a hub that can do this to its clients is needed by tests alone.
    streams = [
        connection
        for connection in list(hub._http._server.server_state.connections)
        if isinstance(connection, WebSocketsSansIOProtocol)
    ]
    for stream in streams:
        stream.loop.call_soon_threadsafe(stream.transport.abort)
    return {"closed": len(streams)}


def _obey(told: dict[str, object], fleet: SimulatedFleet, hub: Hub) -> dict[str, object]:
    match told:
        case {"do": "crash", "service": str(service), "exit_code": int(exit_code)}:
            return _crash(fleet, service, exit_code)
        case {"do": "close_clients"}:
            return _close_clients(hub)
        case {"do": "quit"}:
            return {}
        case _:
            return {"error": f"no such command: {told}"}


def main() -> None:
    """Serve until told to quit, or until nobody is there to tell."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    fleet = SimulatedFleet(seed=options.seed, now=utc_now(), namespace="acme")
    listen = ("127.0.0.1", options.port)
    hub = Hub(fleet, credentials=CREDENTIALS, listen=listen, now=utc_now)
    thread = Thread(target=hub.serve)
    thread.start()
    sys.stdout.write("{}:{}\n".format(*hub.address))
    sys.stdout.flush()
    for line in sys.stdin:
        told = json.loads(line)
        sys.stdout.write(json.dumps(_obey(told, fleet, hub)) + "\n")
        sys.stdout.flush()
        if told == {"do": "quit"}:
            break
    hub.stop()
    thread.join()


if __name__ == "__main__":
    main()
