"""What a Docker source says of calls back: which it allows, and where they go."""

import os
import socket
from collections.abc import Mapping
from pathlib import Path

from reactor.model.errors import SourceRefused
from reactor.model.protocols import Api, Field, Kind
from reactor.model.rule import SourceSpec

VERBS = ("start", "stop", "restart", "redeploy", "terminate", "scale")
"""What a source can allow."""

FIELDS: Mapping[str, Field] = {
    "allow": Field(
        kind=Kind.CHOICES,
        choices=VERBS,
        about="What calls back may do; nothing if it is left out.",
    ),
    "act": Field(
        kind=Kind.TEXT,
        about="The address for calls back, where it is another than `host`: a second proxy.",
    ),
}
"""The options of a Docker source that are read here."""


def open_api(spec: SourceSpec) -> Api:
    """The API of a source's engine, at `act` where calls go elsewhere than questions. Does not
    connect yet. Raises SourceRefused for an address that is none."""
    # They bring what other sources have no use for.
    from reactor.platforms.docker.calls import Access, DockerApi
    from reactor.platforms.docker.client import Client, Refusal
    from reactor.platforms.docker.compose import Compose
    from reactor.platforms.docker.dial import address_from
    from reactor.platforms.docker.own import read_own_ids

    options, apart = spec.options, spec.options.get("act")
    try:
        reading = address_from(options, os.environ)
        acting = address_from({**options, "host": apart}, os.environ) if apart else reading
    except Refusal as error:
        raise SourceRefused(str(error)) from error
    allowed = options.get("allow")
    return DockerApi(
        Access(
            reading=Client(*reading),
            acting=Client(*acting),
            compose=Compose(*acting, environ=os.environ),
        ),
        source=spec.name,
        allowed=allowed if isinstance(allowed, tuple) else (),
        own=read_own_ids(Path("/proc/self"), socket.gethostname()),
    )
