"""`hub` of the rule file: what is served to clients of Docker Cloud, where, and to whom."""

import re
from collections.abc import Mapping
from dataclasses import replace

from reactor.config.cloud import check_namespace, is_loopback
from reactor.config.node import Entry, Problems, Scalar, Table, did_you_mean
from reactor.config.settings import parse_fields
from reactor.config.values import check_keys, refuse, value_of
from reactor.model.hub import DEFAULT_LISTEN, CertificateFiles, HubSpec
from reactor.model.protocols import Field, Kind

FIELDS: Mapping[str, Field] = {
    "listen": Field(kind=Kind.TEXT, about="HOST:PORT; 127.0.0.1:8001 if left out."),
    "user": Field(kind=Kind.TEXT, about="Whom clients are; else $REACTOR_HUB_USER."),
    "apikey": Field(kind=Kind.SECRET, about="Their key; else $REACTOR_HUB_APIKEY."),
    "read_only": Field(kind=Kind.FLAG, about="true: whatever would change something is refused."),
    "tls": Field(
        kind=Kind.GROUP,
        about="Files of PEM for TLS; without them it speaks plain HTTP.",
        fields={
            "cert": Field(kind=Kind.TEXT, about="The certificate and its chain.", required=True),
            "key": Field(kind=Kind.TEXT, about="Its key, not encrypted.", required=True),
        },
    ),
    "namespace": Field(kind=Kind.TEXT, about="Of the paths; if left out, the user's own."),
    "source": Field(kind=Kind.TEXT, about="The docker source; only needed if there are several."),
}
"""Its keys."""

SERVED = "docker"
"""The type of the sources that can be served."""

_LISTEN = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})")


def parse_hub(entry: Entry, problems: Problems) -> HubSpec | None:
    """What the key holds, its source as it is written, or None after its problems were noted."""
    table = entry.value
    if not isinstance(table, Table):
        refuse(problems, "hub", table, "a mapping, such as {listen: '127.0.0.1:8001'}")
        return None
    before = len(problems.found)
    check_keys(table, FIELDS, problems)
    options = parse_fields(table, FIELDS, problems, "'hub'")
    _check_credentials(table, problems)
    _check_namespace(table, problems)
    listen = _listen(table, problems)
    if len(problems.found) > before:
        return None
    certificate = _certificate(options.pop("tls", None))
    if certificate is None and not is_loopback(listen[0]):
        message = f"'hub' can be reached at {listen[0]}: its clients' keys travel unencrypted"
        problems.warn(entry.key_place, message, "give it a certificate, with 'tls'")
    given = {"source": "", **options, "listen": listen, "certificate": certificate}
    # Each other key is a field of the same name, and was read by the kind that it has.
    return HubSpec(**given)  # type: ignore[arg-type]


def _check_credentials(table: Table, problems: Problems) -> None:
    """`user` with `apikey`, or neither, and then the environment has them."""
    for key, other in (("user", "apikey"), ("apikey", "user")):
        entry = table.entries.get(key)
        if entry and other not in table.entries:
            problems.note(entry.key_place, f"'{key}' needs '{other}'")
    user = value_of(table, "user")
    text = user.value if isinstance(user, Scalar) else None
    if isinstance(user, Scalar) and isinstance(text, str) and not is_user(text):
        refuse(problems, "user", user, "a name without a colon")


def is_user(text: str) -> bool:
    """Whether it can be one: in what clients send, a colon ends it."""
    return bool(text) and ":" not in text


def _check_namespace(table: Table, problems: Problems) -> None:
    node = value_of(table, "namespace")
    if isinstance(node, Scalar) and isinstance(node.value, str) and not node.unresolved:
        check_namespace("namespace", node, node.value, problems)


def _listen(table: Table, problems: Problems) -> tuple[str, int]:
    node = value_of(table, "listen")
    if not isinstance(node, Scalar) or not isinstance(node.value, str) or node.unresolved:
        return DEFAULT_LISTEN
    found = read_listen(node.value)
    if found is None:
        refuse(problems, "listen", node, "HOST:PORT such as 127.0.0.1:8001")
    return found or DEFAULT_LISTEN


def read_listen(text: str) -> tuple[str, int] | None:
    """Host and port of `HOST:PORT`, one of IPv6 without its brackets, or None if it is none."""
    found = _LISTEN.fullmatch(text)
    if found is None or int(found[2]) > 65535:
        return None
    return found[1].strip("[]"), int(found[2])


def _certificate(given: object) -> CertificateFiles | None:
    """A relative path begins where reactor was started, as those of a source's `tls` do."""
    if not isinstance(given, Mapping) or len(given) < 2:  # offline, one may lack its variable
        return None
    return CertificateFiles(chain=given["cert"], key=given["key"])


def check_source(
    hub: HubSpec, entry: Entry, types: Mapping[str, str], problems: Problems
) -> HubSpec:
    """The hub with the source that it serves: as it says, else the only one that can be. `types`
    are those of the sources by their names."""
    fit = [name for name, type_ in types.items() if type_ == SERVED]
    node = value_of(entry.value, "source") if isinstance(entry.value, Table) else None
    if node is None:
        if len(fit) == 1:
            return replace(hub, source=fit[0])
        message = f"'hub' needs a source of type {SERVED}"
        message = f"'hub' needs 'source', one of {', '.join(fit)}" if fit else message
        problems.note(entry.key_place, message)
    elif hub.source and hub.source not in fit:
        type_ = types.get(hub.source)
        is_other = f"is of type {type_}, expected {SERVED}"
        what = is_other if type_ else "does not exist"
        hint = None if type_ else did_you_mean(hub.source, fit)
        problems.note(node.place, f"'source' names '{hub.source}', which {what}", hint)
    return hub
