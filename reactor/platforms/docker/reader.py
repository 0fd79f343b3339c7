"""A small process of its own that reads an engine's events and hands them on, and nothing else.

On its standard output stands JSON, one value a line. First a description of the engine
(`"reactor": "engine"`), then all events that it still has (`"reactor": "ring"`), then what happens,
as the engine writes it, among lines of ours: `window`, up to when all was told; `dropped`, how many
events found no room here. Moments are nanoseconds since 1970 on the engine's clock.

It ends when its standard input does, so it never outlives its parent. Its last line on standard
error says why it ended, and so does its exit code: LOST, or REFUSED when trying again at once would
not help. Standard library only, and what it imports of ours: it is started often and must stay
small.
"""

import json
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Thread
from typing import NoReturn

from reactor.platforms.docker.client import Client, Gone, Refusal
from reactor.platforms.docker.dial import Address, Tls
from reactor.platforms.docker.spool import Spool
from reactor.platforms.docker.windows import Follower, Paths, cut_lines, engine_now

LOST, REFUSED = 1, 3  # 2 is what Python itself ends with when it is called wrongly

_ROOT = str(Path(__file__).resolve().parents[3])
# Isolated: neither our working directory nor PYTHONPATH nor what is installed gets in between.
_PROGRAM = (
    "import sys; sys.path.append(sys.argv[1]); "
    "from reactor.platforms.docker.reader import main; sys.exit(main(sys.argv[2]))"
)
_RING_SIZE = 256  # what engines keep; Podman keeps more
_LONGEST_RING = 1_000_000  # bytes; our parent takes lines of a MiB
_READ_TYPES = ("container", "service", "node")
_BLOCK = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Which engine a reader is to read, in windows of how many seconds, with room for how many
    bytes."""

    address: Address
    tls: Tls | None = None
    window: float = 10.0
    limit: int = 64 * 1024 * 1024


def command(order: Order) -> list[str]:
    """The command that starts a reader."""
    return [sys.executable, "-I", "-S", "-c", _PROGRAM, _ROOT, json.dumps(asdict(order))]


def main(text: str) -> int:
    """Read as an order in JSON says, until something fails; returns the exit code."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # our parent decides; Ctrl-C reaches us both
    Thread(target=end_with_parent, daemon=True).start()
    order = _parse_order(text)
    spool = Spool(order.limit)
    writer = Thread(target=copy_out, args=(spool.take,), daemon=True)
    writer.start()
    try:
        read(order, spool)
    except (Gone, Refusal) as error:
        code, why = REFUSED if isinstance(error, Refusal) else LOST, str(error)
    spool.close()
    writer.join()
    sys.stderr.write(f"{why}\n")
    return code


def _parse_order(text: str) -> Order:
    fields = json.loads(text)
    address, tls = fields.pop("address"), fields.pop("tls")
    return Order(address=Address(**address), tls=tls and Tls(**tls), **fields)


def end_with_parent() -> None:
    """Our parent never writes: the end of standard input is its end."""
    while os.read(0, _BLOCK):
        pass
    os._exit(0)


def copy_out(take: Callable[[], bytes]) -> None:
    """Write what `take` gives to standard output until it gives nothing."""
    while block := take():
        while block:
            block = block[os.write(1, block) :]


def read(order: Order, spool: Spool) -> NoReturn:
    """Put into `spool` what the engine tells, until that ends, which is always an error. Raises
    Gone and Refusal."""
    client = Client(order.address, order.tls)
    engine = client.describe()
    spool.tell({"reactor": "engine", **engine})
    swarm = engine["swarm"]
    paths = Paths(
        api=str(engine["api"]),
        is_podman=bool(engine["podman"]),
        is_manager=isinstance(swarm, dict) and swarm["is_manager"] is True,
    )
    now = engine_now(client)
    spool.tell({"reactor": "ring", **ring(client, paths.past(now))})
    Follower(client, paths, spool, order.window).follow(now)


def ring(client: Client, path: str) -> dict[str, object]:
    """The last 256 `events` of a path, oldest first; of those that we do not read only what they
    are. They fit in a line: with very long ones they are fewer. `count` is how many the engine
    has, up to 256. Raises Gone and Refusal."""
    with client.open(path) as stream:
        lines = deque(cut_lines(stream.blocks()), maxlen=_RING_SIZE)
    kept = deque[object]()
    room = _LONGEST_RING
    for event in filter(None, map(_parse, reversed(lines))):
        said = reduced(event)
        room -= len(json.dumps(said)) + 2
        if room < 0:
            break
        kept.appendleft(said)
    return {"events": list(kept), "count": len(lines)}


def _parse(line: bytes) -> Mapping[str, object] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):  # an engine's mistake; the stream is as good without it
        return None
    return found if isinstance(found, dict) else None


def reduced(event: Mapping[str, object]) -> Mapping[str, object]:
    """An event as it is, if it is one that we read, else what and of whom it is: the commands of
    `exec_create` and `exec_start` may hold secrets, in more than one field."""
    action = str(event.get("Action", ""))
    if event.get("Type") in _READ_TYPES and not action.startswith("exec"):
        return event
    actor = event.get("Actor")
    return {
        "Type": event.get("Type"),
        "Action": action.partition(":")[0],
        "Actor": {"ID": actor.get("ID") if isinstance(actor, dict) else None},
        "timeNano": event.get("timeNano"),
    }
