"""Many events that one rule did not match, told by what kept them from it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from reactor.engine.nearest import Explanation
from reactor.engine.normalize import canonical
from reactor.model.event import Event
from reactor.model.match import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """So many events that the same tests kept from matching; `event` is the last of them, with its
    explanation."""

    count: int
    event: Event
    explanation: Explanation


class Misses:
    """Gathers them as they are told, in the order of time."""

    def __init__(self) -> None:
        self._found: dict[tuple[Reason | None, str], Miss] = {}

    def tell(self, event: Event, explanation: Explanation) -> None:
        """One more."""
        key = explanation.reason, _tests(explanation)
        before = self._found.get(key)
        if before is None:
            self._found[key] = Miss(count=1, event=event, explanation=explanation)
        else:
            self._found[key] = replace(
                before, count=before.count + 1, event=event, explanation=explanation
            )

    def nearest(self, reason: Reason) -> Sequence[Miss]:
        """Those of this reason: first what the fewest tests kept from matching, and of these what
        was most frequent."""
        found = [each for (why, _), each in self._found.items() if why is reason]
        return sorted(found, key=lambda miss: (miss.explanation.distance, -miss.count))

    @property
    def reasons(self) -> Sequence[Reason]:
        """Those that there were: the nearest to a match first."""
        nearest = sorted(
            (each.explanation.distance, why) for (why, _), each in self._found.items() if why
        )
        return list(dict.fromkeys(why for _, why in nearest))


def _tests(explanation: Explanation) -> str:
    """What is equal for those that the same tests kept from matching."""
    return canonical(
        [[each.test.path, each.test.expected, each.becomes] for each in explanation.blockers]
    )
