"""The senders that are known by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from reactor.engine.inbound.alerts import tell_alerts
from reactor.engine.inbound.cloudevents import tell_cloudevents
from reactor.engine.inbound.dockerhub import tell_dockerhub
from reactor.engine.inbound.github import tell_gitea, tell_github
from reactor.engine.inbound.gitlab import tell_gitlab
from reactor.engine.inbound.plain import tell_plain
from reactor.engine.inbound.proofs import (
    Bearer,
    InQuery,
    PlainHeader,
    Proof,
    Signed,
    SlackSigned,
    StandardSigned,
)
from reactor.engine.inbound.registry import tell_registry
from reactor.engine.inbound.slack import tell_slack
from reactor.engine.inbound.standard import tell_standard
from reactor.engine.inbound.values import Inbound, Telling

PLAIN = "none"
"""The preset of a hook that names none."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A kind of sender: how it shows who it is, and how its requests are read. `signs`: what it
    shares with us is a `secret` that it signs with, and not a `token` that it shows."""

    proof: Proof
    tell: Callable[[Inbound, datetime], Telling]
    signs: bool = False


PRESETS: Mapping[str, Preset] = {
    PLAIN: Preset(Bearer(), tell_plain),
    "github": Preset(
        Signed(header="x-hub-signature-256", prefix="sha256="), tell_github, signs=True
    ),
    "gitlab": Preset(PlainHeader("x-gitlab-token"), tell_gitlab),
    "gitea": Preset(Signed(header="x-gitea-signature"), tell_gitea, signs=True),
    "dockerhub": Preset(InQuery(), tell_dockerhub),
    "registry": Preset(Bearer(), tell_registry),
    "slack": Preset(SlackSigned(), tell_slack, signs=True),
    "standard-webhooks": Preset(StandardSigned(), tell_standard, signs=True),
    "alertmanager": Preset(Bearer(), tell_alerts),
    "grafana": Preset(Bearer(), tell_alerts),
    "cloudevents": Preset(Bearer(), tell_cloudevents),
}
"""Presets by the name that a rule file gives."""


def read(preset: str, inbound: Inbound, now: datetime) -> Telling:
    """The events that a request tells, perhaps none, or why it cannot be read. Never raises,
    whatever the bytes. `now` is the moment of arrival.

    It is asked only of requests that `authenticate` let pass.
    """
    return PRESETS[preset].tell(inbound, now)
