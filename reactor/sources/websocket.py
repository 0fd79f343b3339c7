"""The `websocket` source: what its entry in a rule file may say, and how it is opened."""

import re
from collections.abc import Mapping

from reactor.model.errors import SourceRefused
from reactor.model.protocols import Field, Kind, Source, SourceType
from reactor.model.rule import SourceSpec
from reactor.model.secret import Secret

_SUBPROTOCOL = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")  # a token: RFC 6455 §4.1


def open_websocket(spec: SourceSpec) -> Source:
    """The source that an entry of `sources` describes."""
    # It brings websocket-client, which is costly and of no use to other sources.
    from reactor.sources.socketstream import WebSocketSource

    headers, subprotocols = spec.options.get("headers"), spec.options.get("subprotocols")
    return WebSocketSource(
        _value(spec.options["url"]),
        headers={name: _value(value) for name, value in _pairs(headers).items()},
        subprotocols=subprotocols if isinstance(subprotocols, tuple) else (),
    )


def faults(options: Mapping[str, object]) -> Mapping[str, str]:
    """What is wrong with an entry, by key; no value is shown, for it may be a secret."""
    from reactor.sources.handshake import parse_address

    found = {}
    try:
        parse_address(_value(options["url"]))
    except SourceRefused:
        found["url"] = "expected a URL such as wss://example.com/stream, without a user in it"
    own = [name for name in _pairs(options.get("headers")) if _is_own(name)]
    if own:
        found["headers"] = f"the header '{own[0]}' is written by reactor itself"
    subprotocols = options.get("subprotocols")
    if isinstance(subprotocols, tuple) and not all(map(_SUBPROTOCOL.fullmatch, subprotocols)):
        found["subprotocols"] = "expected names such as mqtt: letters, digits, - . _ and the like"
    return found


def _is_own(header: str) -> bool:
    """Whether it belongs to the handshake (RFC 6455 §11.3)."""
    return header.lower().startswith("sec-websocket-")


def _pairs(headers: object) -> Mapping[str, object]:
    return headers if isinstance(headers, Mapping) else {}


def _value(option: object) -> str:
    return option.value if isinstance(option, Secret) else str(option)


WEBSOCKET = SourceType(
    fields={
        "url": Field(
            kind=Kind.URL, about="What sends JSON objects, a frame each: ws or wss.", required=True
        ),
        "headers": Field(kind=Kind.HEADERS, about="Headers of the request that opens it."),
        "subprotocols": Field(
            kind=Kind.TEXTS, about="One of these must be agreed on; left out, none is asked for."
        ),
    },
    platform=False,
    open=open_websocket,
    faults=faults,
)
