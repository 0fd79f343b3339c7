"""`python -m bench [PART …] [--write]`: measure, check what was measured, print the figures."""

import argparse
import os
from collections.abc import Callable, Iterator

from bench.figures import Figure, table, write_readme
from bench.footprint import memory, start
from bench.gates import gates
from bench.hooks import hooks
from bench.hub import fan_out
from bench.matching import matching
from bench.process import LOAD_CORE, REACTOR_CORE
from bench.stream import deliveries, journaled, latency
from bench.volume import backlog, burst

PARTS: dict[str, Callable[[], Iterator[Figure]]] = {
    "matching": matching,
    "gates": gates,
    "deliveries": deliveries,
    "latency": latency,
    "journaled": journaled,
    "hooks": hooks,
    "hub": fan_out,
    "memory": memory,
    "start": start,
}
LARGE: dict[str, Callable[[int], Iterator[Figure]]] = {"burst": burst, "backlog": backlog}
"""The parts that take a number."""


def main() -> None:
    """Run the parts that were asked for, each figure printed as soon as it is known."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    known = [*PARTS, *LARGE]
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(known))
    parser.add_argument(
        "--count", type=int, default=1_000_000, help="events that burst, deliveries that wait"
    )
    parser.add_argument("--write", action="store_true", help="put the figures into README.md")
    asked = parser.parse_args()
    if unknown := set(asked.parts) - set(known):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; known: {', '.join(known)}")
    if asked.write and asked.parts:
        parser.error("--write wants all parts: README.md has one table")
    if not {REACTOR_CORE, LOAD_CORE} <= os.sched_getaffinity(0):
        parser.error(f"cores {REACTOR_CORE} and {LOAD_CORE} are needed: one is reactor's alone")
    os.sched_setaffinity(0, {LOAD_CORE})
    figures = []
    for name in asked.parts or known:
        for figure in LARGE[name](asked.count) if name in LARGE else PARTS[name]():
            print(figure.line(), flush=True)
            figures.append(figure)
    if asked.write:
        write_readme(table(figures))


if __name__ == "__main__":
    main()
