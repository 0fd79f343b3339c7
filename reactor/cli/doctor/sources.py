"""The sources other than engines: whether they can be reached, and whether they let us in."""

import os
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from urllib.parse import urlsplit

from reactor.cli.doctor.faults import reason, remedy
from reactor.cli.doctor.finding import Finding, unreachable, well
from reactor.engine.judge import named
from reactor.model.errors import SourceRefused
from reactor.model.request import Response
from reactor.model.rule import SourceSpec
from reactor.model.secret import Secret
from reactor.model.uri import collection_path
from reactor.platforms.cloud import Cloud, read_cloud
from reactor.platforms.tutum import read_tutum
from reactor.sources.file import STDIN

Look = Callable[[SourceSpec, Mapping[str, str], float], Iterator[Finding]]
"""Asks a source of one type, with the environment; each wait is at most so many seconds."""


def look_at_cloud(
    spec: SourceSpec, environment: Mapping[str, str], seconds: float
) -> Iterator[Finding]:
    """Docker Cloud and Tutum: the credentials, the host of the stream, and what the API says to
    one request that changes nothing."""
    name = f"source {spec.name}"
    read = read_tutum if spec.type == "tutum" else read_cloud
    try:
        cloud = read(spec.options, environment)
        api = cloud.client()
    except SourceRefused as refused:
        yield unreachable(name, str(refused), f"see {spec.type} in docs/sources.md")
        return
    yield look_at_stream(name, cloud.stream, seconds)
    path = (
        f"{collection_path('service', cloud.namespace, is_tutum=cloud.is_tutum)}?limit=1&offset=0"
    )
    answer = api.exchange("GET", path, timeout=timedelta(seconds=seconds))
    yield judge_api(name, cloud, answer)


def judge_api(name: str, cloud: Cloud, answer: Response) -> Finding:
    """What the API answered to a listing."""
    name, status, origin = f"{name} API", answer.status, cloud.origin.rstrip("/")
    if status is None:
        return unreachable(name, f"{origin}: {answer.detail}", "see `rest_host`")
    if status in (401, 403):
        remedy = "see `user` and `apikey` of the source, and `namespace` if there is one"
        return unreachable(name, f"{origin} refuses us: {named(status)}", remedy)
    if status != 200:
        told = f"{origin} answers {named(status)}"
        return unreachable(name, told, f"is this the API of {cloud.service}? See `rest_host`")
    return well(name, f"{cloud.service} at {origin} lets us in")


def look_at_websocket(spec: SourceSpec, _: Mapping[str, str], seconds: float) -> Iterator[Finding]:
    """Any WebSocket. It is not opened: to its server that would be a client that comes and goes."""
    option = spec.options["url"]
    url = option.value if isinstance(option, Secret) else str(option)
    yield look_at_stream(f"source {spec.name}", url, seconds)


def look_at_stream(name: str, url: str, seconds: float) -> Finding:
    """Connect to the host of a WebSocket, with TLS for wss, and hang up."""
    parts = urlsplit(url)
    host, is_secure = parts.hostname or "", parts.scheme == "wss"
    port = parts.port or (443 if is_secure else 80)
    where = f"{parts.scheme}://{host}:{port}"
    try:
        _touch(host, port, seconds, is_secure=is_secure)
    except OSError as error:
        return unreachable(name, f"{where}: {reason(error)}", remedy(error))
    return well(name, f"{where} takes connections{', its certificate is valid' * is_secure}")


def _touch(host: str, port: int, seconds: float, *, is_secure: bool) -> None:
    with socket.create_connection((host, port), seconds) as connected:
        if is_secure:
            context = ssl.create_default_context()
            context.wrap_socket(connected, server_hostname=host).close()


def look_at_webhook(spec: SourceSpec, _: Mapping[str, str], __: float) -> Iterator[Finding]:
    """Where senders post to. Whether they reach it, only they can tell."""
    told = f"takes what is posted to /hooks/{spec.name} at the address of `reactor run --http`"
    yield well(f"source {spec.name}", told)


def look_at_file(spec: SourceSpec, _: Mapping[str, str], __: float) -> Iterator[Finding]:
    """Whether the file is there. It is not opened: a FIFO would wait for its writer."""
    name, path = f"source {spec.name}", str(spec.options["path"])
    if path == STDIN:
        yield well(name, "reads standard input")
    elif not os.path.lexists(path):
        yield unreachable(name, f"there is no {path}", "see `path` of the source")
    elif not os.access(path, os.R_OK, effective_ids=True):
        told = f"{path} cannot be read by this user"
        yield unreachable(name, told, "give the user of the service the right to read it")
    else:
        yield well(name, f"{path} can be read")
