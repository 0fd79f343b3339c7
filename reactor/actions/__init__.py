"""One file per action type, and the table of them all."""

from collections.abc import Mapping

from reactor.actions.log import Log
from reactor.actions.slack import Slack
from reactor.actions.webhook import Webhook
from reactor.model.protocols import ActionType

ACTIONS: Mapping[str, ActionType] = {"webhook": Webhook(), "slack": Slack(), "log": Log()}
"""Action types by the key that names them in a rule."""
