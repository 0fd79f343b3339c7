"""Where an action's own code runs: a mistake in it becomes the outcome of its delivery."""

from datetime import datetime

from reactor.journal.moves import DESTINATION_REMOVED
from reactor.model.delivery import Delivery
from reactor.model.errors import DestinationRemoved, RenderFailed
from reactor.model.protocols import ActionType
from reactor.model.request import Effect, Outcome, Response, Verdict
from reactor.model.rule import Ruleset


def prepare(
    action: ActionType, delivery: Delivery, ruleset: Ruleset, now: datetime
) -> Effect | Outcome:
    """The effect of one attempt, or the outcome in its place when it cannot be built."""
    destination = ruleset.destinations.get(delivery.destination or "")
    if delivery.destination is not None and destination is None:
        return Outcome(verdict=Verdict.BURY, detail=DESTINATION_REMOVED)
    try:
        return action.build(delivery, destination, ruleset.vault, now)
    except DestinationRemoved:
        return Outcome(verdict=Verdict.BURY, detail=DESTINATION_REMOVED)
    except RenderFailed as fault:
        return Outcome(verdict=Verdict.BURY, detail=str(fault))
    except Exception as error:  # noqa: BLE001 -- an action's mistake must not stop the dispatcher
        # Only the error's type: its text may quote a secret.
        return Outcome(verdict=Verdict.BURY, detail=f"the request cannot be built: {_kind(error)}")


def judge(action: ActionType, response: Response) -> Outcome:
    """What the answer means; what an action cannot judge is tried again."""
    try:
        return action.judge(response)
    except Exception as error:  # noqa: BLE001 -- an action's mistake must not stop the dispatcher
        return Outcome(
            verdict=Verdict.RETRY,
            detail=f"the answer cannot be judged: {_kind(error)}",
            status=response.status,
            response=response,
        )


def _kind(error: Exception) -> str:
    return type(error).__name__
