"""A mistake in a rule file and where it stands."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in a file as editors show it: line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One mistake. `rule` is the name of the rule it is in, if any; `hint` what to do about it."""

    place: Place
    message: str
    rule: str | None = None
    hint: str | None = None

    def __str__(self) -> str:
        within = f"rule '{self.rule}': " if self.rule else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.place}: {within}{self.message}{hint}"
