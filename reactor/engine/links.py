"""Which sources are connected: time in which none of a rule's sources is does not count for
`absent` (rules.md §3)."""

from datetime import datetime, timedelta

from reactor.engine.draft import Draft
from reactor.engine.gates.absent import counting, standing_still
from reactor.model.memory import MemoryEntry, MemoryKey
from reactor.model.rule import Rule

ALIVE = MemoryKey("", "", "alive", "")
"""Under it the journal has, about every minute, that the process was alive (`expires_at` less
KEPT)."""

KEPT = timedelta(days=366)


def is_counting(draft: Draft, rule: Rule) -> bool:
    """Whether any source of the rule is connected. Of what no word came it is assumed: a recording
    has no connections."""
    ruleset = draft.situation.rules.ruleset
    heard = ruleset.sources if rule.sources is None else rule.sources
    return not heard or any(_is_connected(draft, source) for source in heard)


def _is_connected(draft: Draft, source: str) -> bool:
    entry = draft.recall(_key(source))
    return entry is None or entry.value.get("connected") is True


def _key(source: str) -> MemoryKey:
    return MemoryKey("", "", "link", source)


def live(draft: Draft) -> None:
    """Keep that the process is alive, if a rule has to know when it was not."""
    if draft.situation.rules.absents:
        draft.remember(ALIVE, MemoryEntry("", {}, draft.now + KEPT))


def link(draft: Draft, source: str, *, is_connected: bool) -> None:
    """A source connected, or lost its connection."""
    entry = MemoryEntry("", {"connected": is_connected}, draft.now + KEPT)
    draft.remember(_key(source), entry)


def count_or_stand(draft: Draft, at: datetime) -> None:
    """Let the time of each `absent` pass from `at` on, or stand still, as its sources are now."""
    for rule in draft.situation.rules.absents:
        counts = is_counting(draft, rule)
        for key in draft.situation.memory.of_rule(rule.name, "absent"):
            entry = draft.recall(key)
            if entry is not None:
                draft.remember(key, counting(entry, at) if counts else standing_still(entry, at))
