"""The `dockercloud` source: what its entry in a rule file may say, and how it is opened."""

import os

from reactor.model.platform import CLOUD_SHAPES
from reactor.model.protocols import Api, Field, Kind, Source, SourceType
from reactor.model.rule import SourceSpec
from reactor.platforms.cloud import REST_HOST, STREAM_HOST, read_cloud


def open_dockercloud(spec: SourceSpec) -> Source:
    """The source that an entry of `sources` describes."""
    # It brings requests and websocket-client, which are costly and of no use to other sources.
    from reactor.sources.cloudstream import DockerCloudSource

    return DockerCloudSource(spec.options, os.environ)


def open_api(spec: SourceSpec) -> Api:
    """The REST API behind it. Raises SourceRefused when there are no credentials."""
    return read_cloud(spec.options, os.environ).client()


DOCKERCLOUD = SourceType(
    fields={
        "namespace": Field(kind=Kind.TEXT, about="An organization; default: the user's own."),
        "user": Field(kind=Kind.TEXT, about="The user; default $DOCKERCLOUD_USER."),
        "apikey": Field(kind=Kind.SECRET, about="The API key; default $DOCKERCLOUD_APIKEY."),
        "auth": Field(
            kind=Kind.SECRET,
            about="The whole value of the header Authorization, instead of user and apikey; "
            "default $DOCKERCLOUD_AUTH.",
        ),
        "filter": Field(
            kind=Kind.FILTER,
            about="Only these events: `type`, `object` and `parent`, each a value or a list.",
        ),
        "stream_host": Field(
            kind=Kind.TEXT,
            about=f"Where events come from; default $DOCKERCLOUD_STREAM_HOST, else {STREAM_HOST}.",
        ),
        "rest_host": Field(
            kind=Kind.TEXT,
            about=f"Where objects are asked for and called; default $DOCKERCLOUD_REST_HOST, else "
            f"{REST_HOST}.",
        ),
    },
    platform=True,
    open=open_dockercloud,
    api=open_api,
    shapes=CLOUD_SHAPES,
)
