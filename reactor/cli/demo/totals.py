"""The demo's last words: what it came to, by the journal."""

from collections import Counter
from collections.abc import Iterable, Iterator

from reactor.cli.demo.words import because
from reactor.model.delivery import Delivery, State
from reactor.model.journal import Counts
from reactor.model.match import Reason
from reactor.model.rule import Ruleset

_NOT_HELD = (Reason.FIRED, Reason.WAITING)


def summary(counts: Counts, deliveries: Iterable[Delivery], ruleset: Ruleset) -> Iterator[str]:
    """The totals as sentences: what came, what became of it, what was held back and why."""
    sources = ", ".join(f"{number} from {source}" for source, number in counts.events.items())
    yield f"events       {sum(counts.events.values())} ({sources or 'none'})"
    held_back = {row: n for row, n in counts.evaluations.items() if n and row[-1] not in _NOT_HELD}
    matches, held = sum(counts.evaluations.values()), sum(held_back.values())
    waiting = sum(n for row, n in counts.evaluations.items() if row[-1] is Reason.WAITING)
    waits = f" + {waiting} waiting" if waiting else ""
    yield f"matches      {matches} = {matches - held - waiting} fired{waits} + {held} held back"
    for (rule, action, reason), number in held_back.items():
        why = because(ruleset, rule, action, reason)
        yield f"held back    {number}x {rule} → {action}: {why}"
    states = ", ".join(f"{number} {state}" for state, number in counts.deliveries.items())
    yield f"deliveries   {sum(counts.deliveries.values())} ({states or 'none'})"
    made = Counter(delivery.type for delivery in deliveries if delivery.state is State.SUCCEEDED)
    yield f"redeploys    {made['redeploy']} that reactor itself caused"
