"""Rules as the rule file means them, ready to be evaluated."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from reactor.model.condition import Condition, Path
from reactor.model.delivery import RetryPolicy
from reactor.model.problem import Place
from reactor.model.request import PLAIN, Network, Route
from reactor.model.secret import Secret, Vault


@dataclass(frozen=True, slots=True)
class Rate:
    """`count` per `per`: as a throttle it drops, as a rate limit it delays."""

    count: int
    per: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionSpec:
    """One item of `actions`.

    `type` is the action key and `value` what it was given: a destination's name, a URL (Parts or
    a template), a level. `destination` is set when `value` names one. `parameters` are the parsed
    siblings that belong to the type. `throttle_mark` changes when the gate's own parameters or the
    rule's `match`, `unless` or `group_by` do, and then the gate forgets (rules.md §3, Reload).
    `ordered`: deliveries of one key go out one after the other, if the rule has a `group_by`.
    """

    name: str
    type: str
    value: object
    destination: str | None
    parameters: Mapping[str, object]
    enabled: bool = True
    shadow: bool = False
    condition: Condition | None = None
    throttle: Rate | None = None
    throttle_mark: str = ""
    timeout: timedelta = timedelta(seconds=10)
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    ordered: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a rule's test (rules.md §5). Exactly one of `send`, `wait` is set, or `at`.

    `send` is the event's fields; `facts` those of this step, nested, or None for the test's own.
    `expect` are action names as a multiset, or None for `any`. `because` are reasons.
    """

    place: Place
    send: Mapping[str, object] | None = None
    wait: timedelta | None = None
    at: str | None = None
    facts: Mapping[str, object] | None = None
    expect: tuple[str, ...] | None = ()
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTest:
    """A test that a rule carries. `facts` are nested objects laid under every sent event."""

    name: str
    place: Place
    steps: tuple[Step, ...]
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. `sources` None means all. `defaults` are the single plain values of `match`
    for type, action and state, which a test's `send` starts from."""

    name: str
    place: Place
    match: Condition
    unless: Condition | None = None
    sources: tuple[str, ...] | None = None
    group_by: tuple[Path, ...] = ()
    throttle: Rate | None = None
    throttle_mark: str = ""
    enabled: bool = True
    shadow: bool = False
    actions: tuple[ActionSpec, ...] = ()
    tests: tuple[RuleTest, ...] = ()
    defaults: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSpec:
    """An entry of `sources`: `options` are parsed by the kinds that the source's type declares."""

    name: str
    type: str
    options: Mapping[str, object]
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """An entry of `destinations`. `headers` are sent with every attempt. Each `secret` signs each
    request (Standard Webhooks): two while one takes the other's place.

    `token` is that of a Slack bot, which posts to `channel`. `concurrency` is how many attempts may
    be under way, None for as many as there is room for. `fallback` is the destination that is told
    when this one is paused. `route` is how and where its requests may go. Two are equal wherever
    they stand.
    """

    name: str
    type: str
    url: Secret
    headers: Mapping[str, Secret] = field(default_factory=dict)
    secret: tuple[Secret, ...] = ()
    token: Secret | None = None
    channel: str | None = None
    rate_limit: Rate | None = None
    concurrency: int | None = None
    fallback: str | None = None
    route: Route = PLAIN
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """`heartbeat` of the rule file: what is called while reactor works, and how often. `allow` are
    private networks that the name of its host may lead to."""

    url: Secret
    every: timedelta = timedelta(minutes=1)
    allow: tuple[Network, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """`keep` of the rule file: how long the journal keeps events of which nothing is kept, then
    those with deliveries that succeeded or were cancelled, then those with dead letters."""

    events: timedelta = timedelta(days=30)
    deliveries: timedelta = timedelta(days=90)
    dead_letters: timedelta = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruleset:
    """Everything one load of the rule file means. `text` is the effective file with references in
    place of secrets, and `hash` names it: it is what the journal keeps."""

    hash: str
    text: str
    rules: tuple[Rule, ...]
    sources: Mapping[str, SourceSpec]
    destinations: Mapping[str, Destination]
    vault: Vault
    heartbeat: Heartbeat | None = None
    keep: Keep = field(default_factory=Keep)
