"""The `docker` source: what its entry in a rule file may say, and how it is opened."""

import os
from collections.abc import Mapping
from datetime import timedelta

from reactor.model.platform import EVIDENCE
from reactor.model.protocols import Field, Kind, Source, SourceType
from reactor.model.rule import SourceSpec
from reactor.platforms.docker.api import FIELDS, open_api
from reactor.platforms.docker.frames import SHAPES

_LONGEST_PAUSE = timedelta(seconds=5)
"""An engine has few clients, and that it is back should not be told much later than it is so."""


def open_docker(spec: SourceSpec) -> Source:
    """The source that an entry of `sources` describes."""
    # It brings what other sources have no use for.
    from reactor.sources.enginestream import DockerSource

    return DockerSource(spec.options, os.environ, spec.evidence)


def _faults(options: Mapping[str, object]) -> Mapping[str, str]:
    """What is wrong with the addresses."""
    from reactor.platforms.docker.dial import Refusal, parse_address

    faults = {}
    for name in ("host", "act"):
        try:
            parse_address(str(options.get(name) or "unix:///"))
        except Refusal as fault:
            faults[name] = str(fault)
    return faults


DOCKER = SourceType(
    fields={
        "host": Field(
            kind=Kind.TEXT,
            about="The engine: unix:///PATH, tcp://HOST:PORT or ssh://USER@HOST; default "
            "$DOCKER_HOST, else this machine's.",
        ),
        "tls": Field(
            kind=Kind.GROUP,
            about="Files for TLS to a tcp host; default those in $DOCKER_CERT_PATH if "
            "$DOCKER_TLS_VERIFY is set.",
            fields={
                "ca": Field(kind=Kind.TEXT, about="Who must have signed the engine's."),
                "cert": Field(kind=Kind.TEXT, about="Our own certificate."),
                "key": Field(kind=Kind.TEXT, about="Its key."),
            },
        ),
        "reconcile": Field(
            kind=Kind.DURATION,
            about="How often all is listed and compared with what events told; default 5m.",
        ),
        **FIELDS,
    },
    platform=True,
    open=open_docker,
    api=open_api,
    looks_up=False,
    faults=_faults,
    evidence=EVIDENCE,
    shapes=SHAPES,
    longest_pause=_LONGEST_PAUSE,
)
