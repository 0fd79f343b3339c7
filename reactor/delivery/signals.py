"""What the road in is told of deliveries: of those alone that it may decide something by."""

from collections.abc import Callable, Mapping

from reactor.model.delivery import Delivery, Move
from reactor.model.journal import Finished
from reactor.model.protocols import ActionType
from reactor.model.request import ObjectCall
from reactor.model.rule import Ruleset
from reactor.model.signal import CallBegan, DeliveryEnded, Signal


class Signals:
    """Tells of calls back, which may be the cause of events, and of deliveries of rules and actions
    with `mode`, where a firing may wait for their end. `tell` must not block."""

    def __init__(
        self, ruleset: Ruleset, actions: Mapping[str, ActionType], tell: Callable[[Signal], None]
    ) -> None:
        self._actions, self._tell = actions, tell
        self.adopt(ruleset)

    def adopt(self, ruleset: Ruleset) -> None:
        """These are the rules from now on. May be called by any thread."""
        self._awaited = frozenset(
            (rule.name, action.name)
            for rule in ruleset.rules
            for action in rule.actions
            if rule.gates.mode or action.gates.mode
        )

    def began(self, delivery: Delivery, call: ObjectCall) -> None:
        """An attempt of a call back is about to leave."""
        self._tell(CallBegan(delivery.id, call.source, call.target.path(None)))

    def ended(self, delivery: Delivery, result: Finished) -> None:
        """It stands in the journal that an attempt ended, and with it perhaps its delivery."""
        if result.move is Move.RETRY:
            return
        is_call = self._actions[delivery.type].calls_back
        if is_call or (delivery.rule, delivery.action) in self._awaited:
            uri = result.attempt.action_uri
            self._tell(DeliveryEnded(delivery.id, delivery.source, uri))
