"""The `tutum` source: what its entry in a rule file may say, and how it is opened."""

import os

from reactor.model.platform import CLOUD_SHAPES
from reactor.model.protocols import Api, Field, Kind, Source, SourceType
from reactor.model.rule import SourceSpec
from reactor.platforms.tutum import REST_HOST, STREAM_HOST, read_tutum


def open_tutum(spec: SourceSpec) -> Source:
    """The source that an entry of `sources` describes."""
    # It brings requests and websocket-client, which are costly and of no use to other sources.
    from reactor.sources.cloudstream import DockerCloudSource

    return DockerCloudSource(spec.options, os.environ, read=read_tutum)


def open_api(spec: SourceSpec) -> Api:
    """The REST API behind it. Raises SourceRefused when there are no credentials."""
    return read_tutum(spec.options, os.environ).client()


TUTUM = SourceType(
    fields={
        "user": Field(kind=Kind.TEXT, about="The user; default $TUTUM_USER."),
        "apikey": Field(kind=Kind.SECRET, about="The API key; default $TUTUM_APIKEY."),
        "auth": Field(
            kind=Kind.SECRET,
            about="The whole value of the header Authorization, instead of user and apikey: "
            "`Basic …`, or in older styles `ApiKey USER:KEY` or `?auth=Basic …`; default "
            "$TUTUM_AUTH.",
        ),
        "filter": Field(
            kind=Kind.FILTER,
            about="Only these events: `type`, `object` and `parent`, each a value or a list.",
        ),
        "stream_host": Field(
            kind=Kind.TEXT,
            about=f"Where events come from; default $TUTUM_STREAM_HOST, else {STREAM_HOST}.",
        ),
        "rest_host": Field(
            kind=Kind.TEXT,
            about="Where objects are asked for and called; default $TUTUM_REST_HOST, else "
            f"{REST_HOST}.",
        ),
    },
    platform=True,
    open=open_tutum,
    api=open_api,
    shapes=CLOUD_SHAPES,
)
