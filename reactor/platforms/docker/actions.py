"""The calls that were made through this process: what is under way goes on when nobody waits for it
any more, and a repeated call joins it."""

from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from threading import Lock
from weakref import finalize

from reactor.clock import utc_now
from reactor.duration import format_duration
from reactor.model.request import Fault, Response
from reactor.model.uri import ObjectUri, object_uri, stable_uuid
from reactor.platforms.pool import Pool

THREADS = 4
MOST_KEPT = 1000


@dataclass(frozen=True, slots=True)
class Asked:
    """A call, by which its repetition is known: the object, the request that was made for it, and
    the name of who made it."""

    uri: ObjectUri
    method: str
    path: str
    user_agent: str | None


@dataclass(frozen=True, slots=True)
class Action:
    """What a call became. Its future is the answer to it."""

    asked: Asked
    started_at: datetime
    future: Future[Response]

    @property
    def is_made(self) -> bool:
        """Whether it has ended well."""
        if not self.future.done() or self.future.cancelled() or self.future.exception():
            return False
        return is_good(self.future.result())


def is_good(response: Response) -> bool:
    """Whether what was asked for has been done."""
    return response.status is not None and response.status < 300


def shown_action(asked: Asked, started_at: datetime) -> dict[str, object]:
    """As Docker Cloud's REST API showed one that has ended well, with its date in whole seconds."""
    moment = format_datetime(started_at.replace(microsecond=0))
    uuid = stable_uuid("action", asked.path, str(asked.user_agent), moment)
    return {
        "uuid": uuid,
        "resource_uri": object_uri("action", uuid),
        "object": object_uri(asked.uri.type, asked.uri.uuid),
        "method": asked.method,
        "path": asked.path,
        "user_agent": asked.user_agent or "",
        "state": "Success",
        "start_date": moment,
    }


class Actions:
    """Those under way, and the latest that ended well; how one failed is told once. May be used by
    several threads."""

    def __init__(self, name: str) -> None:
        """`name` is the source's, for the names of threads."""
        self._pool = Pool(f"acting {name}", THREADS)
        self._lock = Lock()
        self._actions: dict[Asked, Action] = {}
        finalize(self, self._pool.close)  # its threads end when nobody can ask for more

    def perform(self, asked: Asked, act: Callable[[], Response], timeout: timedelta) -> Response:
        """The answer to a call: `act` gives it, in another thread, unless the same call is under
        way or has failed since it was last asked for. Blocks for `timeout` at most."""
        action = self._begun(asked, act)
        wait([action.future], timeout.total_seconds())
        if action.future.done() and not action.is_made:
            self._forget(action)
        return _answer(action.future, timeout)

    def ask(self, question: Callable[[], Response], timeout: timedelta) -> Response:
        """The answer to what changes nothing. Blocks for `timeout` at most."""
        future = self._pool.submit(question)
        wait([future], timeout.total_seconds())
        return _answer(future, timeout)

    def _begun(self, asked: Asked, act: Callable[[], Response]) -> Action:
        with self._lock:
            known = self._actions.get(asked)
            if known and not known.is_made:
                return known
            self._actions.pop(asked, None)  # it takes its place at the end
            action = Action(asked, utc_now(), self._pool.submit(act))
            self._actions[asked] = action
            if len(self._actions) > MOST_KEPT:
                del self._actions[next(iter(self._actions))]
            return action

    def _forget(self, action: Action) -> None:
        with self._lock:
            if self._actions.get(action.asked) is action:
                del self._actions[action.asked]

    def made(self, uri: ObjectUri) -> list[Action]:
        """Those of an object that ended well, the latest first."""
        with self._lock:
            every = list(self._actions.values())
        return [each for each in reversed(every) if each.asked.uri == uri and each.is_made]


def _answer(future: Future[Response], timeout: timedelta) -> Response:
    if future.done():
        return future.result()
    why = f"not done within {format_duration(timeout)}, and still under way"
    return Response(fault=Fault.TIMEOUT, detail=why)
