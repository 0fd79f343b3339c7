"""What differs between the two old APIs in what the hub says: how URIs are written, and the header
that names an action."""

import re
from collections.abc import Mapping

ACTION_HEADER = "X-DockerCloud-Action-URI"
TUTUM_ACTION_HEADER = "X-Tutum-Action-URI"
"""Hold the URI of the action that a call became (docs/platforms.md §1)."""

_URI = re.compile(
    r"/api/(?:app|infra|audit)/v1/(?:[^/]+/)?"
    r"((?:stack|service|container|nodecluster|node|action|provider|region|nodetype|az)/.+)"
)

_THEIRS = frozenset({"container_envvars", "link_variables", "labels", "path"})
"""Fields whose values are what somebody else wrote, and stay so."""


def tutum_uri(text: str) -> str:
    """A URI of Docker Cloud as Tutum wrote it, without subsystem and namespace; any other text as
    it is. Tutum's Go client cuts `/api/v1/` off whatever URI it is given, by its length."""
    found = _URI.fullmatch(text)
    return f"/api/v1/{found[1]}" if found else text


def as_tutum(value: object) -> object:
    """A JSON value with all its URIs as Tutum wrote them."""
    if isinstance(value, str):
        return tutum_uri(value)
    if isinstance(value, list):
        return [as_tutum(item) for item in value]
    if isinstance(value, Mapping):
        return {name: each if name in _THEIRS else as_tutum(each) for name, each in value.items()}
    return value
