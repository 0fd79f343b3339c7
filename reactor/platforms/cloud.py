"""Which Docker Cloud, or which Tutum, a source means: its two hosts, the account, and what its
stream is asked."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from reactor.model.errors import SourceRefused
from reactor.model.protocols import Api
from reactor.model.uri import comparable_uri
from reactor.platforms.credentials import find_authorization

STREAM_HOST = "wss://ws.cloud.docker.com/"
REST_HOST = "https://cloud.docker.com/"

_NAMESPACE = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What a stream is asked for: any value within one of the three, all three together; an empty
    one asks for everything. URIs stand as `comparable_uri` has them."""

    types: frozenset[str]
    objects: frozenset[object]
    parents: frozenset[object]

    def passes(self, kind: object, uri: object, parents: object) -> bool:
        """Whether a frame, or an object, with these is wanted."""
        above = parents if isinstance(parents, list) else []
        return (
            (not self.types or (isinstance(kind, str) and kind in self.types))
            and (not self.objects or not self.objects.isdisjoint(_comparable([uri])))
            and (not self.parents or not self.parents.isdisjoint(_comparable(above)))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """A source's settings, complete. `stream` is `wss://host[:port]`, `url` the whole address of
    its events, `origin` the host of its REST API; `authorization` is a secret, and so is `login`,
    what the stream is asked beside it."""

    stream: str
    url: str
    origin: str
    namespace: str | None
    authorization: str = field(repr=False)
    filter: Filter
    is_tutum: bool = False
    login: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def service(self) -> str:
        """Its name for people."""
        return "Tutum" if self.is_tutum else "Docker Cloud"

    @property
    def address(self) -> str:
        """`url` with what `login` asks; a secret."""
        separator = "&" if "?" in self.url else "?"
        return f"{self.url}{separator}{urlencode(self.login)}" if self.login else self.url

    def client(self) -> Api:
        """Its REST API. Raises SourceRefused when the host or the credential cannot be used."""
        # It brings requests, which is costly and of no use to other sources.
        from reactor.platforms.client import Client

        try:
            return Client(
                origin=self.origin, authorization=self.authorization, namespace=self.namespace
            )
        except ValueError as error:
            raise SourceRefused(f"rest_host: {error}") from error


def read_cloud(options: Mapping[str, object], environ: Mapping[str, str]) -> Cloud:
    """What the options of a source say, else the environment as the old tools read it, else the
    public service (docs/platforms.md §1). Blocks while a credential helper runs. Raises
    SourceRefused."""

    def setting(name: str) -> str:
        return str(options.get(name) or environ.get(f"DOCKERCLOUD_{name.upper()}") or "")

    stream = (setting("stream_host") or STREAM_HOST).rstrip("/")
    namespace = setting("namespace") or None
    if namespace and not _NAMESPACE.fullmatch(namespace):
        raise SourceRefused("namespace: expected letters, digits, - and _, at most 64")
    middle = f"{namespace}/" if namespace else ""
    asked = asked_for(options)
    return Cloud(
        stream=stream,
        url=f"{stream}/api/audit/v1/{middle}events/{query_of(asked)}",
        origin=setting("rest_host") or REST_HOST,
        namespace=namespace,
        authorization=find_authorization(options, environ, Path(environ.get("HOME") or "/")),
        filter=filter_of(asked),
    )


def asked_for(options: Mapping[str, object]) -> dict[str, list[str]]:
    """The values of each filter in the options of a source; one text may hold several,
    comma-joined."""
    option = options.get("filter")
    given = option if isinstance(option, Mapping) else {}
    return {
        name: [part.strip() for text in given.get(name, ()) for part in text.split(",") if part]
        for name in ("type", "object", "parent")
    }


def query_of(asked: Mapping[str, list[str]]) -> str:
    """How a stream is asked for these, `?` included; empty for everything."""
    query = urlencode({name: ",".join(values) for name, values in asked.items() if values})
    return f"?{query}" if query else ""


def filter_of(asked: Mapping[str, list[str]]) -> Filter:
    """The same, to be applied here."""
    return Filter(
        types=frozenset(asked["type"]),
        objects=_comparable(asked["object"]),
        parents=_comparable(asked["parent"]),
    )


def _comparable(uris: Iterable[object]) -> frozenset[object]:
    return frozenset(comparable_uri(uri) for uri in uris if isinstance(uri, str))
