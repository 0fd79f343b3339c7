"""What a reload changes, in the words of the rule file: what is new, gone, or has other keys."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

from reactor.config.effective import rules_in
from reactor.model.interval import Interval
from reactor.model.request import Route
from reactor.model.rule import Destination, Ruleset, SourceSpec

MOST_NAMES = 10
"""Names in one list of the sentence; of more the number is told."""


@dataclass(frozen=True, slots=True)
class Change:
    """Names of one section. `changed` has with each name the keys that have another value."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: Mapping[str, tuple[str, ...]]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What one rule set has that another has not. `secrets` are references that stand for another
    value than before. Where an entry stands in the file does not matter, but the order of rules."""

    rules: Change
    sources: Change
    destinations: Change
    intervals: Change
    secrets: tuple[str, ...]
    is_reordered: bool
    is_heartbeat_changed: bool
    is_keep_changed: bool
    is_hub_changed: bool


def difference(before: Ruleset, after: Ruleset) -> Difference:
    """What becomes different when `after` takes the place of `before`."""
    rules = rules_in(before.text), rules_in(after.text)
    stay = [[name for name in these if name in those] for these, those in (rules, rules[::-1])]
    values = before.vault.values
    return Difference(
        rules=_change(*rules),
        sources=_change(_sources(before.sources), _sources(after.sources)),
        destinations=_change(_destinations(before), _destinations(after)),
        intervals=_change(_intervals(before.intervals), _intervals(after.intervals)),
        secrets=tuple(
            reference
            for reference, value in after.vault.values.items()
            if values.get(reference, value) != value
        ),
        is_reordered=stay[0] != stay[1],
        is_heartbeat_changed=before.heartbeat != after.heartbeat,
        is_keep_changed=before.keep != after.keep,
        is_hub_changed=before.hub != after.hub,
    )


_Sections = Mapping[str, Mapping[str, object]]


def _sources(specs: Mapping[str, SourceSpec]) -> _Sections:
    """Parsed, not as written: there secrets are masked, and a new one would look like the old."""
    return {name: {"type": spec.type, **spec.options} for name, spec in specs.items()}


def _destinations(ruleset: Ruleset) -> _Sections:
    names = [each.name for each in fields(Destination) if each.name not in ("place", "route")]
    ways = [each.name for each in fields(Route)]
    return {
        name: {key: getattr(destination, key) for key in names}
        | {key: getattr(destination.route, key) for key in ways}
        for name, destination in ruleset.destinations.items()
    }


def _intervals(intervals: Mapping[str, Interval]) -> _Sections:
    """Parsed, as a day can be written in several ways; by the keys of the rule file."""
    return {
        name: {
            "days": each.days,
            "dates": each.dates,
            "from": each.begin,
            "to": each.end,
            "timezone": each.zone.key,
            "cron": each.cron,
            "for": each.lasts,
        }
        for name, each in intervals.items()
    }


def _change(before: _Sections, after: _Sections) -> Change:
    changed = {
        name: _other_keys(before[name], entry) for name, entry in after.items() if name in before
    }
    return Change(
        added=tuple(name for name in after if name not in before),
        removed=tuple(name for name in before if name not in after),
        changed={name: keys for name, keys in changed.items() if keys},
    )


def _other_keys(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[str, ...]:
    """The keys that one of them lacks, or that hold something else."""
    keys = dict.fromkeys([*before, *after])
    absent = object()
    return tuple(key for key in keys if before.get(key, absent) != after.get(key, absent))


def in_words(found: Difference) -> str:
    """A sentence part: "rules: added 'a', changed 'b' (throttle); sources: removed 'c'"."""
    sections = {
        "rules": found.rules,
        "sources": found.sources,
        "destinations": found.destinations,
        "time_intervals": found.intervals,
    }
    told = [f"{name}: {_told(change)}" for name, change in sections.items() if change]
    told += [f"other values: {_some(found.secrets)}"] if found.secrets else []
    told += ["rules in another order"] if found.is_reordered else []
    told += ["another heartbeat"] if found.is_heartbeat_changed else []
    told += ["another retention"] if found.is_keep_changed else []
    told += ["another hub"] if found.is_hub_changed else []
    return "; ".join(told) or "nothing changed"


def _told(change: Change) -> str:
    changed = [f"'{name}' ({', '.join(keys)})" for name, keys in change.changed.items()]
    lists = {
        "added": [f"'{name}'" for name in change.added],
        "removed": [f"'{name}'" for name in change.removed],
        "changed": changed,
    }
    return ", ".join(f"{verb} {_some(names)}" for verb, names in lists.items() if names)


def _some(names: Iterable[str]) -> str:
    every = list(names)
    more = len(every) - MOST_NAMES
    shown = ", ".join(every[:MOST_NAMES])
    return f"{shown} and {more} more" if more > 0 else shown
