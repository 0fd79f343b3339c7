"""All objects that a platform has at one moment, as its REST API lists them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import NoReturn
from urllib.parse import parse_qs, urlsplit

from reactor.engine.judge import judge_http
from reactor.engine.normalize import Refusal, decode_frame
from reactor.model.errors import SourceLost
from reactor.model.event import PLATFORM_OBJECTS
from reactor.model.protocols import Api
from reactor.model.uri import collection_path, read_uri

MOST_OBJECTS = 20_000
"""Of one type; whoever has more is told so, instead of having half of them compared."""

TRIES = ((100, 2.0), (100, 10.0), (25, 0.0))
"""Objects a page of each try, and seconds until the next. The last asks for small pages: an answer
may have been larger than we take."""

_TIMEOUT = timedelta(seconds=10)
_LONGEST_STATE = 100
_LINKS = ("service", "node", "stack", "node_cluster")

Stopped = Callable[[float], bool]
"""Waits so many seconds at most, and says whether we stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One object of a listing. `key` is its `object_key`. `state` is empty when it tells none.
    `links` has the URIs of its parents, by the name under which a REST object has them."""

    key: str
    uri: str
    state: str
    links: dict[str, str]

    @property
    def type(self) -> str:
        """What kind of object it is."""
        return self.key.partition("/")[0]

    @property
    def parents(self) -> list[str]:
        """In the order of a frame's parents (docs/platforms.md §1)."""
        return [self.links[name] for name in _LINKS if name in self.links]


def object_key(uri: object) -> str | None:
    """`type/uuid`, which is one for all the URIs of an object; None if it is no object's URI, or
    of a type that is not listed."""
    found = read_uri(f"{uri.rstrip('/')}/") if isinstance(uri, str) else None
    if found is None or found[1] or found[0].type not in PLATFORM_OBJECTS:
        return None
    return f"{found[0].type}/{found[0].uuid}"


def list_objects(
    api: Api, kinds: Iterable[str], stopped: Stopped, *, is_tutum: bool = False
) -> tuple[Listed, ...]:
    """Every object of these types, its parents as far as it and the other listed ones tell.
    `is_tutum`: by the paths of Tutum's API.

    Blocks: pages of 10 s each at most, and three tries with pauses. Raises SourceLost when the
    last try failed as well, or when we stop.
    """
    paths = {kind: collection_path(kind, api.namespace, is_tutum=is_tutum) for kind in kinds}
    for size, pause in TRIES:
        try:
            walks = [_Walk(api, kind, path, size).read(stopped) for kind, path in paths.items()]
        except SourceLost as error:
            failure = error
        else:
            return _completed([listed for walk in walks for listed in walk])
        if stopped(pause):
            break
    raise failure


class _Walk:
    """One walk through the pages of one type.

    Every page but the first begins with the last object of the page before: when that is another
    one, objects went away meanwhile, and some that are still there were skipped.
    """

    def __init__(self, api: Api, kind: str, path: str, size: int) -> None:
        self._api, self._kind, self._path, self._size = api, kind, path, size
        self._found: dict[str, Listed] = {}

    def read(self, stopped: Stopped) -> list[Listed]:
        """All of them. Raises SourceLost."""
        offset: int | None = 0
        while offset is not None:
            if stopped(0.0):
                self._fail("we stop")
            offset = self._read_page(offset)
            if len(self._found) > MOST_OBJECTS:
                self._fail(f"more than {MOST_OBJECTS} objects")
        return list(self._found.values())

    def _read_page(self, offset: int) -> int | None:
        """Take one page in; the offset of the next, or None if there is none."""
        objects, leads_to = self._page(offset)
        page = [each for data in objects if (each := _listed(self._kind, data))]
        if offset and not (page and page[0].key in self._found):
            self._fail("the objects changed while they were listed")
        self._found.update((each.key, each) for each in page)
        return self._next_offset(leads_to, offset) if leads_to else None

    def _page(self, offset: int) -> tuple[list[object], object]:
        """The objects from `offset` on, and what leads to the next page."""
        path = f"{self._path}?limit={self._size}&offset={offset}"
        response = self._api.exchange("GET", path, timeout=_TIMEOUT)
        if response.status != 200:
            self._fail(judge_http(response).detail)
        data = decode_frame(response.body)
        if isinstance(data, Refusal):
            self._fail(f"the answer cannot be read: {data.sentence}")
        meta, objects = data.get("meta"), data.get("objects")
        if not isinstance(meta, dict) or not isinstance(objects, list):
            self._fail("the answer is no list of objects")
        return objects, meta.get("next")

    def _next_offset(self, leads_to: object, offset: int) -> int:
        """Of `next` only the offset counts: no answer can lead us to another path or host."""
        try:
            following = int(parse_qs(urlsplit(str(leads_to)).query)["offset"][0]) - 1
        except (ValueError, KeyError):
            following = offset
        if following <= offset:
            self._fail("its next page does not lead on")
        return following

    def _fail(self, why: str) -> NoReturn:
        raise SourceLost(f"GET {self._path}: {why}")


def _listed(kind: str, data: object) -> Listed | None:
    """What we keep of an object; None if it is none of this type."""
    uri = data.get("resource_uri") if isinstance(data, dict) else None
    key = object_key(uri)
    if key is None or not key.startswith(f"{kind}/") or not isinstance(data, dict):
        return None
    state = data.get("state")
    is_known = isinstance(state, str) and len(state) <= _LONGEST_STATE
    return Listed(
        key=key,
        uri=str(uri),
        state=str(state) if is_known else "",
        links={name: str(data[name]) for name in _LINKS if object_key(data.get(name))},
    )


def _completed(objects: list[Listed]) -> tuple[Listed, ...]:
    """The same with the parents of their parents: a container's stack is told by its service."""
    links = {each.key: each.links for each in objects}
    return tuple(
        replace(
            each,
            links={
                name: uri
                for parent in (*each.links.values(), each.uri)  # what it says itself wins
                for name, uri in links.get(object_key(parent) or "", {}).items()
            },
        )
        for each in objects
    )
