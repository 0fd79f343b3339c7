"""Which Tutum a source means, and how its stream is asked: the service that became Docker Cloud."""

from collections.abc import Mapping
from pathlib import Path

from reactor.model.errors import SourceRefused
from reactor.platforms.cloud import Cloud, asked_for, filter_of, query_of
from reactor.platforms.credentials import find_tutum_login

STREAM_HOST = "wss://stream.tutum.co/"
REST_HOST = "https://dashboard.tutum.co/"


def read_tutum(options: Mapping[str, object], environ: Mapping[str, str]) -> Cloud:
    """What the options of a source say, else the environment as the old tools read it, else the
    public service (docs/platforms.md §1). Raises SourceRefused."""
    home = Path(environ.get("HOME") or "/")
    authorization, login = find_tutum_login(options, environ, home)
    stream = _text(options, "stream_host") or _stream_host(environ) or STREAM_HOST
    asked = asked_for(options)
    return Cloud(
        stream=stream.rstrip("/"),
        url=f"{stream.rstrip('/')}/v1/events{query_of(asked)}",
        origin=_text(options, "rest_host") or _rest_host(environ) or REST_HOST,
        namespace=None,
        authorization=authorization,
        filter=filter_of(asked),
        is_tutum=True,
        login=login,
    )


def _stream_host(environ: Mapping[str, str]) -> str:
    return _before(environ, "TUTUM_STREAM_URL", "/v1") or _text(environ, "TUTUM_STREAM_HOST")


def _rest_host(environ: Mapping[str, str]) -> str:
    return _before(environ, "TUTUM_BASE_URL", "/api/v1") or _text(environ, "TUTUM_REST_HOST")


def _before(environ: Mapping[str, str], name: str, path: str) -> str:
    """The host of a URL that the environment names together with the path on it."""
    url = _text(environ, name).rstrip("/")
    if url and not url.endswith(path):
        raise SourceRefused(f"{name}: expected a URL that ends in {path}/")
    return url.removesuffix(path)


def _text(values: Mapping[str, object], name: str) -> str:
    return str(values.get(name) or "").strip()
