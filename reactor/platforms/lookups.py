"""The objects behind one source, fetched for events: shared, repeated, remembered for a while."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from threading import Condition, Thread

from reactor.clock import monotonic
from reactor.engine.judge import judge_http
from reactor.engine.normalize import Refusal, decode_frame
from reactor.engine.rest import is_about
from reactor.model.lookup import Found, Need
from reactor.model.protocols import Api
from reactor.model.request import Fault, Outcome, Response, Verdict
from reactor.model.uri import ObjectRef, parse_uri
from reactor.platforms.fetches import Fetches, Tell, Told
from reactor.platforms.pool import Pool
from reactor.platforms.queries import Key, Query, query_for

PATIENCE = timedelta(seconds=60)
"""From the ask to its end, however often the API is asked."""

REQUEST_TIMEOUT = timedelta(seconds=10)
DEFAULT_HOLD = timedelta(seconds=5)
"""How long nothing is asked after a 429 that does not say."""

STABLE = (
    *("uuid", "resource_uri", "name", "nickname", "external_fqdn"),
    *("service", "stack", "node", "node_cluster"),
)
"""The fields of a REST object that do not change while it lives: they may be lent to others."""

KEPT_FOR = 300.0
MOST_KEPT = 10_000

_CLOSED = "the source was stopped or changed"
_TOO_MANY = "too many lookups wait"


class CloudLookups:
    """Satisfies `protocols.Lookups`. All of it may be called from any thread.

    A thread of its own says what is due and what has come to nothing, so that an ask ends in time
    even if every thread of the pool hangs.
    """

    def __init__(
        self,
        api: Api,
        pool: Pool,
        *,
        patience: timedelta = PATIENCE,
        request_timeout: timedelta = REQUEST_TIMEOUT,
    ) -> None:
        """`pool` makes the requests; it stays the caller's."""
        self._api, self._pool, self._request_timeout = api, pool, request_timeout
        self._fetches = Fetches(patience.total_seconds())
        self._recent = _Recent()
        self._told: list[Told] = []
        self._changed = Condition()
        self._thread: Thread | None = None
        self._is_closed = False

    def recall(self, uri: str) -> Mapping[str, object] | None:
        """The stable fields of an object, if it was fetched in the last five minutes and nothing
        has happened to it since. Does not block."""
        ref = _ref(uri)
        with self._changed:
            return self._recent.get(ref, monotonic()) if ref else None

    def forget(self, uri: str) -> None:
        """Something happened to the object: what was fetched before is not lent any more."""
        ref = _ref(uri)
        if ref:
            with self._changed:
                self._recent.drop(ref)
                self._fetches.outdate((ref, None))

    def ask(self, need: Need, tell: Tell) -> None:
        """Fetch it; `tell` is called once, from another thread, within a second after `patience`.
        Does not block. A URI that is not to the letter one of an object gets no request."""
        query, now = query_for(need), monotonic()
        with self._changed:
            known = self._recent.get(query.ref, now) if query and not need.fresh else None
            if self._is_closed:
                self._told.append((tell, Found(object=None, reason=_CLOSED)))
            elif query is None:
                reason = f"{need.uri[:200]!a} is not the URI of an object, so nothing was asked"
                self._told.append((tell, Found(object=None, reason=reason)))
            elif known is not None:
                self._told.append((tell, Found(object=known)))
            elif not self._fetches.ask(query, tell, fresh=need.fresh, now=now):
                self._told.append((tell, Found(object=None, reason=_TOO_MANY)))
            self._wake()

    def close(self) -> None:
        """Ask nothing more: everything that is open, or comes later, is told so."""
        with self._changed:
            self._is_closed = True
            self._told += self._fetches.close(_CLOSED)
            self._wake()

    def _wake(self) -> None:
        """Have the thread look again. There is none before the first ask: a rule file without
        looked-up fields costs nothing."""
        if self._thread is None:
            self._thread = Thread(target=self._run, name="lookups", daemon=True)
            self._thread.start()
        self._changed.notify()

    def _run(self) -> None:
        while (next_up := self._next()) is not None:
            told, due = next_up
            for tell, found in told:
                tell(found)
            for key in due:
                self._pool.submit(partial(self._fetch, key))

    def _next(self) -> tuple[list[Told], list[Key]] | None:
        """What is to be told and to be fetched, as soon as there is any; None when we are closed
        and there is nothing more."""
        with self._changed:
            while True:
                now = monotonic()
                told, self._told = self._told + self._fetches.expired(now), []
                due = [] if self._is_closed else self._fetches.due(now)
                if told or due:
                    return told, due
                if self._is_closed:
                    self._thread = None
                    return None
                moment = self._fetches.next_at()
                self._changed.wait(None if moment is None else moment - now)

    def _fetch(self, key: Key) -> None:
        """One request, in a thread of the pool."""
        with self._changed:
            query = self._fetches.begin(key, monotonic())
            self._changed.notify()  # it may be due again, later
        if query is None:
            return
        path = query.path(self._api.namespace)
        response = self._api.exchange("GET", path, timeout=self._request_timeout)
        with self._changed:
            told = self._conclude(query, response, monotonic())
            self._changed.notify()
        for tell, found in told:
            tell(found)

    def _conclude(self, query: Query, response: Response, now: float) -> list[Told]:
        outcome = judge_http(response)
        # What is no answer of this API will be none the next time either.
        if outcome.verdict is Verdict.RETRY and response.fault is not Fault.PROTOCOL:
            if response.status == 429:
                pause = outcome.retry_after or DEFAULT_HOLD
                self._fetches.hold(now + pause.total_seconds(), outcome.detail)
            self._fetches.fail(query.key, outcome.detail, now)
            return []
        found = _found(response, outcome)
        if found.object and query.since is None:
            self._keep(query, found.object, now)
        return self._fetches.end(query.key, found, now)

    def _keep(self, query: Query, fetched: Mapping[str, object], now: float) -> None:
        """Lend an object to others, if it is the right one and nothing happened to it meanwhile."""
        if is_about(fetched, query.uri) and not self._fetches.is_outdated(query.key):
            self._recent.put(query.ref, fetched, now)


class _Recent:
    """What was fetched lately, as far as it does not change."""

    def __init__(self) -> None:
        self._kept: dict[ObjectRef, tuple[float, Mapping[str, object]]] = {}  # the oldest first

    def get(self, ref: ObjectRef, now: float) -> Mapping[str, object] | None:
        until, stable = self._kept.get(ref, (now, None))
        return stable if now < until else None

    def put(self, ref: ObjectRef, fetched: Mapping[str, object], now: float) -> None:
        self.drop(ref)  # to stand behind all others
        stable = {name: fetched[name] for name in STABLE if name in fetched}
        self._kept[ref] = (now + KEPT_FOR, stable)
        if len(self._kept) > MOST_KEPT:
            del self._kept[next(iter(self._kept))]

    def drop(self, ref: ObjectRef) -> None:
        self._kept.pop(ref, None)


def _ref(text: str) -> ObjectRef | None:
    """What a URI names, however it is written."""
    ref = parse_uri(text)
    return ref and ObjectRef(ref.type, ref.id.lower())


def _found(response: Response, outcome: Outcome) -> Found:
    if outcome.verdict is not Verdict.SUCCEEDED:
        return Found(object=None, reason=outcome.detail)
    fetched = decode_frame(response.body)
    if isinstance(fetched, Refusal):
        return Found(object=None, reason=f"the answer cannot be used: {fetched.sentence}")
    return Found(object=fetched)
