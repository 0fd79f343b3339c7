"""Calls back to a Docker source: by the paths of Docker Cloud's API, made by the engine itself.

What changes something is done only if the source allows it, never to reactor itself, and never to
what its owner has opted out.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from urllib.parse import parse_qs
from weakref import finalize

from reactor.clock import utc_now
from reactor.model.request import Fault, Response
from reactor.model.uri import ObjectUri, collection_path, object_uri, read_uri
from reactor.platforms.docker.acting import Means, act, scale
from reactor.platforms.docker.actions import Actions, Asked, shown_action
from reactor.platforms.docker.answers import number
from reactor.platforms.docker.client import Client, Gone, Refusal
from reactor.platforms.docker.compose import Compose
from reactor.platforms.docker.engine import Engine, described
from reactor.platforms.docker.finding import Found, changed_at, find, untouchable

_EVERY = ("start", "stop", "restart", "redeploy", "terminate")
_CALLS = {"container": _EVERY, "service": (*_EVERY, "scale"), "stack": _EVERY}
_RENEWING = ("restart", "redeploy")  # after these, all that runs has begun to run since
_WANTED = "target_num_containers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The ways to an engine: `reading` asks what there is, `acting` changes it, and need not be let
    ask."""

    reading: Client
    acting: Client
    compose: Compose


class DockerApi:
    """Satisfies `protocols.Api`. Its answer to a call says how that ended, but for services of a
    swarm: those the swarm has taken, and carries out by itself."""

    def __init__(
        self, access: Access, *, source: str, allowed: Collection[str], own: frozenset[str]
    ) -> None:
        """`source` is its name in the rule file, `own` what the ids of the containers begin with
        that reactor runs in."""
        self._access, self._source, self._allowed, self._own = access, source, allowed, own
        self._actions = Actions(source)
        self._opened_at = utc_now()
        for client in (access.reading, access.acting):
            finalize(self, client.close)  # nobody else has it

    @property
    def origin(self) -> str:
        """The engine's address."""
        return str(self._access.reading.address)

    @property
    def namespace(self) -> str | None:
        """None: an engine has none."""
        return None

    def exchange(
        self,
        method: str,
        path: str,
        *,
        timeout: timedelta,
        body: bytes = b"",
        user_agent: str | None = None,
    ) -> Response:
        """A call, or a question before its repetition. A call that takes longer than `timeout` goes
        on: the same one, by its path and its `user_agent`, then waits for that."""
        address, _, query = path.partition("?")
        if method == "GET":
            question = partial(self._answer, address, query)
            return self._actions.ask(partial(_in_words, self.origin, question), timeout)
        uri, verb = _read(method, address)
        if uri is None:
            return _refused(f"{method} {address} is no call that reactor knows")
        if verb not in _CALLS.get(uri.type, ()):
            return _refused(f"a {uri.type} of Docker takes no {verb}")
        if verb not in self._allowed:
            add = "add it to `allow` in the rule file"
            return _refused(f"source '{self._source}' does not allow {verb}: {add}")
        asked = Asked(uri, method, address, user_agent)
        call = partial(self._call, asked, verb, body)
        return self._actions.perform(asked, partial(_in_words, self.origin, call), timeout)

    def _call(self, asked: Asked, verb: str, body: bytes) -> Response:
        means = Means(self._access.acting, self._engine(), self._access.compose)
        found = find(self._access.reading, means.engine, asked.uri)
        if found is None:
            return _absent(asked.uri, verb)
        why = untouchable(self._access.reading, means.engine, found, self._own)
        if why is not None:
            return _refused(why)
        if verb != "scale":
            return act(verb, found, means)
        if asked.method == "POST":  # what PATCH was told is true already
            return Response(status=200, detail=f"'{found.name}' is to have {found.size} containers")
        count = _wanted(body)
        expected = f'expected {{"{_WANTED}": N}}, the only thing that can be changed'
        return _refused(expected) if count is None else scale(count, found, means)

    def _engine(self) -> Engine:
        return described(self._access.reading.describe())

    def _answer(self, address: str, query: str) -> Response:
        """What there is, or what has happened to it."""
        is_history = address == collection_path("action", None)
        uri, _ = _read("GET", parse_qs(query).get("object", [""])[0] if is_history else address)
        if uri is None:
            return _refused(f"GET {address} is no question that reactor knows")
        engine = self._engine()
        found = find(self._access.reading, engine, uri)
        if is_history:
            return _answered(_page([*self._made(uri), *self._presumed(uri, engine, found)]))
        return _answered(_shown(uri, found)) if found else _absent(uri, "GET")

    def _made(self, uri: ObjectUri) -> Iterator[dict[str, object]]:
        for action in self._actions.made(uri):
            yield shown_action(action.asked, action.started_at)

    def _presumed(
        self, uri: ObjectUri, engine: Engine, found: Found | None
    ) -> Iterator[dict[str, object]]:
        """What a process of ours before this one may have done, which left no name: nobody else
        knows what it was about when it ended."""
        moment = changed_at(self._access.reading, engine, found) if found else None
        if moment and moment < self._opened_at:
            for verb in _RENEWING:
                path = f"{object_uri(uri.type, uri.uuid)}{verb}/"
                yield shown_action(Asked(uri, "POST", path, None), moment)


def _read(method: str, address: str) -> tuple[ObjectUri | None, str]:
    """The object of a request and the verb that the request means."""
    uri, rest = read_uri(address) or (None, "")
    verbs = {"PATCH": "scale", "DELETE": "terminate", "POST": rest.strip("/")}
    return uri, verbs.get(method, "")


def _in_words(origin: str, ask: Callable[[], Response]) -> Response:
    try:
        return ask()
    except (Gone, Refusal) as error:  # what refuses us now may be told to let us in
        return Response(fault=Fault.CONNECT, detail=f"{origin}: {error}")


def _refused(why: str) -> Response:
    """It would end so each time: the delivery is buried."""
    return Response(fault=Fault.INVALID, detail=why)


def _absent(uri: ObjectUri, verb: str) -> Response:
    """Who is gone is terminated."""
    if verb == "terminate":
        return Response(status=200, detail=f"the {uri.type} is gone already")
    return Response(status=404, detail=f"this engine has no {uri.type} {uri.uuid}")


def _wanted(body: bytes) -> int | None:
    try:
        wanted = json.loads(body)
    except (ValueError, RecursionError):
        return None
    count = number(wanted, _WANTED)
    return count if wanted == {_WANTED: count} and count is not None and count >= 0 else None


def _shown(uri: ObjectUri, found: Found) -> dict[str, object]:
    """As much of the REST object as an engine knows of it at once."""
    size = {_WANTED: found.size} if uri.type == "service" else {}
    path = object_uri(uri.type, uri.uuid)
    return {"uuid": uri.uuid, "resource_uri": path, "name": found.name, **size}


def _page(objects: list[dict[str, object]]) -> dict[str, object]:
    """They are few: all of them fit on one."""
    return {"meta": {"offset": 0, "total_count": len(objects)}, "objects": objects}


def _answered(value: Mapping[str, object]) -> Response:
    return Response(status=200, body=json.dumps(value).encode())
