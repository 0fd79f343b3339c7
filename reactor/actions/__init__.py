"""One file per kind of action, and the table of them all."""

from collections.abc import Mapping

from reactor.actions.log import Log
from reactor.actions.rest import Rest
from reactor.actions.scale import Scale
from reactor.actions.slack import Slack
from reactor.actions.verb import Verb
from reactor.actions.webhook import Webhook
from reactor.model.protocols import ActionType

ACTIONS: Mapping[str, ActionType] = {
    "webhook": Webhook(),
    "slack": Slack(),
    "log": Log(),
    "rest": Rest(),
    "redeploy": Verb("redeploy", "The object that is redeployed."),
    "start": Verb("start", "The object that is started."),
    "stop": Verb("stop", "The object that is stopped."),
    "restart": Verb("restart", "The object that is restarted; on Docker sources only."),
    "terminate": Verb("", "The object that is terminated."),
    "scale": Scale(),
}
"""Action types by the key that names them in a rule."""
