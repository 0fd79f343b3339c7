"""Rules as the rule file means them, ready to be evaluated."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from reactor.model.condition import Condition, Path
from reactor.model.delivery import RetryPolicy
from reactor.model.gates import Gates, Phase, Rate, Sequel
from reactor.model.hub import HubSpec
from reactor.model.interval import Interval
from reactor.model.problem import Place
from reactor.model.request import PLAIN, Network, Route
from reactor.model.secret import Secret, Vault

NO_GATES = Gates()


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionSpec:
    """One item of `actions`.

    `type` is the action key and `value` what it was given: a destination's name, a URL (Parts or
    a template), a level. `destination` is set when `value` names one. `parameters` are the parsed
    siblings that belong to the type. `when` are the phases of an incident at which it fires.
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
    when: tuple[Phase, ...] = (Phase.OPENED, Phase.REPEATED)
    gates: Gates = NO_GATES
    timeout: timedelta = timedelta(seconds=10)
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    ordered: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a rule's test (rules.md §5). Exactly one of `send`, `wait`, `at`, `respond`,
    `restart` and `silence` is set.

    `send` is the event's fields; `facts` those of this step, nested, or None for the test's own.
    `respond` has by action name how its attempts end from now on: an HTTP status. `silence` holds
    from now on for `lasts`. `expect` are action names as a multiset, or None for `any`. `because`
    are reasons.
    """

    place: Place
    send: Mapping[str, object] | None = None
    wait: timedelta | None = None
    at: str | None = None
    respond: Mapping[str, int] | None = None
    restart: bool = False
    silence: Condition | None = None
    lasts: timedelta | None = None
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
    """One rule. `sources` None means all. With `absent`, `match` is what must not stay away for
    that long. `resolve` is what closes the incident of the key. `defaults` are the single
    plain values of `match` for type, action and state, which a test's `send` starts from."""

    name: str
    place: Place
    match: Condition
    unless: Condition | None = None
    sources: tuple[str, ...] | None = None
    group_by: tuple[Path, ...] = ()
    absent: timedelta | None = None
    sequel: Sequel | None = None
    resolve: Condition | None = None
    gates: Gates = NO_GATES
    enabled: bool = True
    shadow: bool = False
    actions: tuple[ActionSpec, ...] = ()
    tests: tuple[RuleTest, ...] = ()
    defaults: Mapping[str, object] = field(default_factory=dict)

    @property
    def remembers(self) -> bool:
        """Whether it has a gate, or one of its actions has."""
        if self.absent or self.sequel or self.resolve or self.gates.remember:
            return True
        return any(action.gates.remember for action in self.actions)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSpec:
    """An entry of `sources`: `options` are parsed by the kinds that the source's type declares.
    `evidence` are the facts that rules want of it beyond those that cost nothing."""

    name: str
    type: str
    options: Mapping[str, object]
    place: Place
    evidence: frozenset[str] = frozenset()


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
    hub: HubSpec | None = None
    intervals: Mapping[str, Interval] = field(default_factory=dict)
