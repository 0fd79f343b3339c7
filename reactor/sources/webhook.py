"""The `webhook` source: what senders post to `/hooks/NAME`.

It listens on nothing itself: the web server hands it the requests (`reactor/web/hooks.py`).
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from threading import Event as StopEvent

from reactor.engine.inbound import (
    PLAIN,
    PRESETS,
    Algorithm,
    Challenge,
    Encoding,
    Guard,
    Inbound,
    Refused,
    Signed,
    Told,
    authenticate,
    guard_for,
    read,
)
from reactor.model.errors import Stopping
from reactor.model.event import Frame
from reactor.model.protocols import Feed, Field, Kind, Source, SourceType
from reactor.model.rule import SourceSpec
from reactor.model.secret import Secret


class WebhookSource:
    """Turns requests into frames. `run` is for the source's thread, `receive` for the server's."""

    def __init__(self, name: str, preset: str, guard: Guard) -> None:
        self._name, self._preset, self._guard = name, preset, guard
        self._feed: Feed | None = None

    @property
    def peer(self) -> str:
        """Where it is reached."""
        return f"/hooks/{self._name}"

    def run(self, feed: Feed, stop: StopEvent) -> None:
        """Let requests in until `stop` is set."""
        self._feed = feed
        feed.connected()
        stop.wait()
        self._feed = None

    def receive(
        self, inbound: Inbound, now: datetime, on_safe: Callable[[], None]
    ) -> tuple[str, ...] | Challenge | Refused | None:
        """Hand in what a request tells. Does not block.

        The ids of its events, maybe none; `on_safe` is then called once, from another thread, when
        the last of them, and so all, are in the journal. Or what is to be sent back, or why the
        request is refused. Or None when there is no room on the road: the same request again,
        later, is the same events.
        """
        # The proof first: nothing is parsed for strangers.
        told = authenticate(self._guard, inbound, now) or read(self._preset, inbound, now)
        if isinstance(told, Challenge | Refused):
            return told
        try:
            is_in = self._offer(told, on_safe)
        except Stopping:
            is_in = False
        return tuple(each.id for each in told) if is_in else None

    def _offer(self, told: tuple[Told, ...], on_safe: Callable[[], None]) -> bool:
        """Whether all of it is on the road, in order."""
        feed, last = self._feed, len(told) - 1
        return feed is not None and all(
            feed.offer(
                Frame(
                    raw=each.raw,
                    identity=each.id,
                    is_named=True,
                    facts=each.facts,
                    subject=each.subject,
                    time=each.time,
                    acknowledge=on_safe if number == last else None,
                )
            )
            for number, each in enumerate(told)
        )


def open_webhook(spec: SourceSpec) -> Source:
    """The source that an entry of `sources` describes, which has no `find_faults`."""
    return WebhookSource(spec.name, _preset(spec.options), _guard(spec.options))


def find_faults(options: Mapping[str, object]) -> Mapping[str, str]:
    """Why nobody, or anybody, could send to it."""
    try:
        _guard(options)
    except ValueError as fault:
        return {"webhook": str(fault)}
    return {}


def _preset(options: Mapping[str, object]) -> str:
    return str(options.get("preset", PLAIN))


def _guard(options: Mapping[str, object]) -> Guard:
    token, secret, signature = (options.get(key) for key in ("token", "secret", "signature"))
    return guard_for(
        _preset(options),
        token=token if isinstance(token, Secret) else None,
        secret=secret if isinstance(secret, Secret) else None,
        signature=_signed(signature) if isinstance(signature, Mapping) else None,
    )


def _signed(options: Mapping[str, str]) -> Signed:
    return Signed(
        header=options["header"],
        prefix=options.get("prefix", ""),
        algorithm=Algorithm(options.get("algorithm", Algorithm.SHA256)),
        encoding=Encoding(options.get("encoding", Encoding.HEX)),
    )


WEBHOOK = SourceType(
    fields={
        "preset": Field(
            kind=Kind.CHOICE,
            about="Who sends; without one, any sender of JSON.",
            choices=tuple(PRESETS),
        ),
        "token": Field(kind=Kind.SECRET, about="What a sender shows that does not sign."),
        "secret": Field(kind=Kind.SECRET, about="What a sender signs with."),
        "signature": Field(
            kind=Kind.GROUP,
            about="How a sender signs whose preset does not say so.",
            fields={
                "header": Field(kind=Kind.TEXT, about="Which header has it.", required=True),
                "prefix": Field(kind=Kind.TEXT, about="What stands before it, as `sha256=`."),
                "algorithm": Field(
                    kind=Kind.CHOICE,
                    about="Of the HMAC; sha256 if left out.",
                    choices=tuple(Algorithm),
                ),
                "encoding": Field(
                    kind=Kind.CHOICE,
                    about="Of its bytes; hex if left out.",
                    choices=tuple(Encoding),
                ),
            },
        ),
    },
    platform=False,
    open=open_webhook,
    faults=find_faults,
)
