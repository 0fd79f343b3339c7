"""Plays the recordings in real time, into the file that a `file` source follows."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from threading import Event as StopEvent

from reactor.clock import monotonic

SAMPLE_PAUSE = 0.8
"""Seconds between two frames of the old services, which were kept without their times."""


@dataclass(frozen=True, slots=True, order=True)
class Cue:
    """A line and when it is due, in seconds from the start."""

    at: float
    line: str


def recordings() -> dict[str, list[Cue]]:
    """What is played, by the name of the source that it comes from: a day of a small Compose
    project, and frames of the old services."""
    return {"recorded": list(_day()), "cloud": list(_samples())}


def _samples() -> Iterator[Cue]:
    """Documented and recorded frames of Docker Cloud and Tutum."""
    for number, line in enumerate(_lines("sample-events.jsonl"), 1):
        yield Cue(number * SAMPLE_PAUSE, line)


def _day() -> Iterator[Cue]:
    """Recorded on a real Docker Engine: each line has its frame and its second in the day."""
    for line in _lines("compose-day.jsonl"):
        recorded = json.loads(line)
        yield Cue(recorded["after"], json.dumps(recorded["event"]))


def _lines(name: str) -> list[str]:
    return (files("reactor") / "data" / name).read_text("utf-8").splitlines()


def play(cues: list[Cue], into: Path, seconds: float, stop: StopEvent) -> None:
    """Write each line when it is due; faster than recorded if it would not end in `seconds`."""
    pace = min(1.0, seconds / cues[-1].at)
    began = monotonic()
    with into.open("a", encoding="utf-8") as followed:
        for cue in cues:
            if stop.wait(max(0.0, began + cue.at * pace - monotonic())):
                return
            followed.write(cue.line + "\n")
            followed.flush()
