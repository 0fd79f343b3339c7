"""`python -m bench.peers`: reactor and what people use in its place, under the same load.

HTTP in → rule → webhook out, saturated, each alone on core 0, turn by turn in one run. Neither peer
has on disk what it accepted; reactor has.
"""

import json
import os
import shutil
import statistics
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.figures import Figure
from bench.mix import frame
from bench.posts import a_post, post_all
from bench.process import LOAD_CORE, BenchFailed, free_port, program, reactor, workplace
from bench.sink import sink
from bench.stream import require_all_done

RUNS = 3
PACKAGES = ("prometheus-alertmanager", "webhook")
"""Debian's, each with a program of its name."""

POSTER = r"""
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
    char body[64], request[512];
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    int s = socket(AF_INET, SOCK_STREAM, 0), n;
    if (argc < 2) return 2;
    n = snprintf(body, sizeof body, "{\"number\":%s}", argv[1]);
    n = snprintf(request, sizeof request,
        "POST / HTTP/1.1\r\nHost: sink\r\nContent-Length: %d\r\n\r\n%s", n, body);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(s, (struct sockaddr *)&to, sizeof to) || write(s, request, n) != n) return 1;
    return read(s, request, sizeof request) <= 0;
}
"""
"""What `webhook` runs for each request: nothing that sends one costs less to start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """What is under load. `run` starts it in a folder, so that it sends to the sink on a port, and
    gives the port on which it takes the `request` of each number. Of `requests` the first fifth do
    not count."""

    name: str
    requests: int
    run: Callable[[Path, int], AbstractContextManager[int]]
    request: Callable[[int], bytes]


RULES = """version: 1
sources:
  feed: {{type: webhook, token: bench}}
destinations:
  sink: {{type: webhook, url: "http://127.0.0.1:{port}/"}}
rules:
  - name: container stopped
    match: {{type: container, action: update, state: Stopped}}
    actions:
      - webhook: sink
        body: {{number: "{{{{ number }}}}", text: "{{{{ resource_uri }}}} went to {{{{ state }}}}"}}
"""


@contextmanager
def _reactor(folder: Path, sink_port: int) -> Iterator[int]:
    with reactor(RULES.format(port=sink_port), folder) as running:
        yield running.port
        require_all_done(running.data_dir, REACTOR.requests)


REACTOR = System(
    name="reactor",
    requests=20_000,
    run=_reactor,
    request=lambda n: a_post("/hooks/feed", frame(n), "Authorization: Bearer bench"),
)

ROUTES = """route: {{receiver: sink, group_by: ['...'], group_wait: 0s, group_interval: 1h}}
receivers:
  - name: sink
    webhook_configs: [{{url: "http://127.0.0.1:{port}/", send_resolved: false}}]
"""


@contextmanager
def _alertmanager(folder: Path, sink_port: int) -> Iterator[int]:
    config, port = folder / "alertmanager.yml", free_port()
    config.write_text(ROUTES.format(port=sink_port))
    command = ["prometheus-alertmanager", f"--config.file={config}"]
    command += [f"--storage.path={folder}", "--cluster.listen-address="]
    command += [f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]
    with program(command, port, folder / "log"):
        yield port


def _alert(number: int) -> bytes:
    """One alert, which is a group of its own."""
    event = json.loads(frame(number))
    labels = {name: str(event[name]) for name in ("type", "action", "state", "uuid", "number")}
    text = f"{event['resource_uri']} went to {event['state']}"
    alert = {"labels": {"alertname": "stopped", **labels}, "annotations": {"text": text}}
    return a_post("/api/v2/alerts", json.dumps([alert]).encode())


ALERTMANAGER = System(name="Alertmanager", requests=10_000, run=_alertmanager, request=_alert)


@contextmanager
def _webhook(folder: Path, sink_port: int) -> Iterator[int]:
    hooks, port = folder / "hooks.json", free_port()
    argument = {"source": "payload", "name": "number"}
    command = _poster(folder, sink_port)
    hook = {"id": "feed", "execute-command": command, "pass-arguments-to-command": [argument]}
    hooks.write_text(json.dumps([hook]))
    words = ["webhook", "-hooks", str(hooks), "-ip", "127.0.0.1", "-port", str(port)]
    with program(words, port, folder / "log"):
        yield port


def _poster(folder: Path, port: int) -> str:
    source, made = folder / "poster.c", folder / "poster"
    source.write_text(POSTER)
    if not shutil.which("cc"):
        raise BenchFailed("a C compiler is needed for what `webhook` runs: apt-get install gcc")
    subprocess.run(["cc", "-O2", f"-DPORT={port}", "-o", made, source], check=True)
    return str(made)


WEBHOOK = System(
    name="webhook",
    requests=4_000,
    run=_webhook,
    request=lambda n: a_post("/hooks/feed", frame(n)),
)


@contextmanager
def _nothing(_: Path, sink_port: int) -> Iterator[int]:
    yield sink_port


BENCH = System(
    name="the bench alone, straight into its sink",
    requests=20_000,
    run=_nothing,
    request=lambda n: a_post("/", frame(n)),
)
"""The most that a figure can be: both ends of the road share a core."""


def _rate(system: System) -> float:
    """Webhooks a second at the sink, from the first that counts to the last."""
    requests = [system.request(number) for number in range(system.requests)]
    with (
        workplace() as folder,
        sink(system.requests) as listening,
        system.run(folder, listening.port) as port,
    ):
        post_all(port, requests)
        times = [receipt.at for receipt in listening.arrivals()]
    first = system.requests // 5
    return (system.requests - first) / (times[-1] - times[first - 1])


def _install_peers() -> None:
    """If they are missing. Raises BenchFailed where we may not."""
    if all(map(shutil.which, PACKAGES)):
        return
    words = ["apt-get", "install", "-y", "--no-install-recommends", *PACKAGES]
    if os.geteuid() or not shutil.which("apt-get"):
        raise BenchFailed(f"the peers are missing; on Debian, as root: {' '.join(words)}")
    print(f"installing Debian's {' and '.join(PACKAGES)}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], check=True)
    subprocess.run(words, check=True, env=environment, stdout=subprocess.DEVNULL)
    if Path("/run/systemd/system").exists():  # they came as services, which nobody asked for
        subprocess.run(["systemctl", "disable", "--now", *PACKAGES], check=True)


def main() -> None:
    """Take turns, so that what else the machine does hits all of them; print rates and ratios."""
    _install_peers()
    os.sched_setaffinity(0, {LOAD_CORE})
    systems = (BENCH, REACTOR, ALERTMANAGER, WEBHOOK)
    rates: dict[str, list[float]] = {system.name: [] for system in systems}
    for _ in range(RUNS):
        for system in systems:
            rates[system.name].append(_rate(system))
    for name, values in rates.items():
        unit = "webhooks/s"
        print(Figure(name=f"HTTP in → webhook out: {name}", unit=unit, values=tuple(values)).line())
    ours = statistics.median(rates[REACTOR.name])
    for peer in (ALERTMANAGER, WEBHOOK):
        ratio = ours / statistics.median(rates[peer.name])
        budget = " (budget: ≥ 2)" if peer is ALERTMANAGER else ""
        print(f"reactor makes {ratio:.2f} times the webhooks of {peer.name}{budget}")


if __name__ == "__main__":
    main()
