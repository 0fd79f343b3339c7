"""What was measured, and how it is shown: on a terminal and in README.md."""

import os
import platform
import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

README = Path(__file__).parent / "README.md"
BEGIN, END = "<!-- figures: written by `python -m bench --write` -->", "<!-- end of figures -->"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measure, a value per run. `budget` is design.md §8's word on it, empty where none."""

    name: str
    unit: str
    values: tuple[float, ...]
    budget: str = ""

    @property
    def median(self) -> str:
        """The middle of the runs, with its unit."""
        return f"{_shown(statistics.median(self.values))} {self.unit}"

    @property
    def span(self) -> str:
        """The least and the most of the runs."""
        return f"{_shown(min(self.values))} to {_shown(max(self.values))}"

    def line(self) -> str:
        """For a terminal."""
        budget = f"   budget {self.budget}" if self.budget else ""
        runs = f"{self.span}, {len(self.values)} runs"
        return f"{self.name:<62} {self.median:>16}   ({runs}){budget}"


def _shown(value: float) -> str:
    """Three figures are all that a noisy machine can tell."""
    return f"{value:.2f}" if value < 10 else f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def table(figures: Iterable[Figure]) -> str:
    """The figures in Markdown, with what they were made on."""
    rows = [
        f"| {figure.name} | {figure.median} | {figure.span} | {figure.budget} |"
        for figure in figures
    ]
    head = ["| what | median | least to most | budget |", "|---|---|---|---|"]
    return "\n".join([f"Made by `python -m bench --write` on {machine()}.", "", *head, *rows])


def machine() -> str:
    """Cores, Python and distribution: what explains most of a difference."""
    system = platform.freedesktop_os_release()["PRETTY_NAME"]
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, {system}"


def write_readme(text: str) -> None:
    """Replace what stands between the two marks in README.md."""
    before, _, rest = README.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", "utf-8")
