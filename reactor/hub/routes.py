"""Where things are in the hub: the paths of Docker Cloud's REST API and of Tutum's, and what can be
asked there. One table, for the answers and for their description."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

SUBSYSTEMS: Mapping[str, str] = {
    "stack": "app",
    "service": "app",
    "container": "app",
    "node": "infra",
    "nodecluster": "infra",
    "action": "audit",
}
"""For each type of a fleet's objects the part of Docker Cloud's API that it stands in; Tutum's had
no parts (docs/platforms.md §1)."""

PLACES = ("provider", "region", "nodetype", "az")
"""What nodes are made of and where they stand: in `infra`, never in a namespace."""

OPERATIONS: Mapping[str, tuple[str, ...]] = {
    "stack": ("start", "stop", "redeploy"),
    "service": ("start", "stop", "redeploy", "scale"),
    "container": ("start", "stop", "redeploy"),
}
"""The verbs that a fleet knows, beside update and terminate, which are methods."""

REFUSED: Mapping[str, tuple[str, ...]] = {
    "node": ("deploy", "docker-upgrade", "health-check"),
    "nodecluster": ("deploy",),
    "action": ("cancel", "retry"),
}
"""Verbs of the old API that nothing here obeys, each for a reason that its answer gives."""

PATTERNS: Mapping[str, str] = {
    "namespace": "[A-Za-z0-9_-]{1,64}",
    "uuid": "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
    "trigger": "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
    "number": "[0-9]{1,4}",
    "provider": "[^/]+",
    "name": "[^/]+",
    "zone": "[^/]+",
}
"""What may stand for each variable of a path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A form of path. `name` says what stands there, of which `kind`, and the `verb` if it is one.

    `template` is what follows the prefix of an API, its variables in braces. `subsystem` is None
    for a path that is the same everywhere. `is_open`: it is answered without credentials.
    """

    name: str
    kind: str
    template: str
    subsystem: str | None
    methods: tuple[str, ...] = ("GET",)
    verb: str = ""
    is_open: bool = False

    @property
    def paths(self) -> tuple[str, ...]:
        """The whole path in each API: Docker Cloud's without namespace and with one, Tutum's."""
        if self.subsystem is None:
            return (self.template,)
        plain = f"/api/{self.subsystem}/v1/{self.template}"
        tutum = f"/api/v1/{self.template}"
        if self.kind in PLACES:
            return (plain, tutum)
        return (plain, f"/api/{self.subsystem}/v1/{{namespace}}/{self.template}", tutum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """What a path names. `parts` are the values of its template's variables, UUIDs in lower case.

    A namespace is not among them: a hub has one fleet, and every namespace means that one.
    """

    route: Route
    is_tutum: bool = False
    parts: Mapping[str, str] = field(default_factory=dict)

    @property
    def uuid(self) -> str:
        """The UUID of the object that the path is about. Raises KeyError where it is about none."""
        return self.parts["uuid"]


def read_address(path: str) -> Address | None:
    """What a tidy path (reactor/hub/paths.py) names, or None."""
    for pattern, route in _COMPILED:
        found = pattern.fullmatch(path)
        if found:
            parts = found.groupdict()
            is_tutum = parts.pop("tutum", None) is not None
            for name in {"uuid", "trigger"} & set(parts):
                parts[name] = parts[name].lower()
            return Address(route=route, is_tutum=is_tutum, parts=parts)
    return None


def _of_objects() -> Iterator[Route]:
    for kind, subsystem in SUBSYSTEMS.items():
        one = f"{kind}/{{uuid}}/"
        methods = ("GET",) if kind == "action" else ("GET", "PATCH", "DELETE")
        yield Route(name="list", kind=kind, subsystem=subsystem, template=f"{kind}/")
        yield Route(name="object", kind=kind, subsystem=subsystem, template=one, methods=methods)
        for name, table in (("operation", OPERATIONS), ("refused", REFUSED)):
            for verb in table.get(kind, ()):
                yield Route(
                    name=name,
                    kind=kind,
                    subsystem=subsystem,
                    template=f"{one}{verb}/",
                    methods=("POST",),
                    verb=verb,
                )


def _of_triggers() -> Iterator[Route]:
    def of(name: str, template: str, *methods: str, is_open: bool = False) -> Route:
        return Route(
            name=name,
            kind="service",
            subsystem="app",
            template=f"service/{{uuid}}/trigger/{template}",
            methods=methods,
            is_open=is_open,
        )

    yield of("triggers", "", "GET", "POST")
    yield of("trigger", "{trigger}/", "GET", "DELETE")
    yield of("call", "{trigger}/call/", "POST", is_open=True)
    yield of("call", "{trigger}/call/{number}/", "POST", is_open=True)


def _of_places() -> Iterator[Route]:
    for kind in PLACES:
        yield Route(name="places", kind=kind, subsystem="infra", template=f"{kind}/")
    for template in (
        "provider/{provider}/",
        "region/{provider}/{name}/",
        "nodetype/{provider}/{name}/",
        "az/{provider}/{name}/{zone}/",
    ):
        kind = template.partition("/")[0]
        yield Route(name="place", kind=kind, subsystem="infra", template=template)


ROUTES: tuple[Route, ...] = (
    *_of_objects(),
    Route(name="export", kind="stack", subsystem="app", template="stack/{uuid}/export/"),
    *_of_triggers(),
    *_of_places(),
    Route(name="auth", kind="auth", subsystem=None, template="/auth/"),
    Route(name="auth", kind="auth", subsystem=None, template="/api/v1/auth/"),
    Route(name="description", kind="description", subsystem=None, template="/api/openapi.json"),
)
"""All that can be asked."""


def _compiled(route: Route) -> re.Pattern[str]:
    rest = re.sub(
        r"\\{(\w+)\\}",
        lambda variable: f"(?P<{variable[1]}>{PATTERNS[variable[1]]})",
        re.escape(route.template.rstrip("/")),
    )
    if route.subsystem is None:
        return re.compile(f"{rest}/")
    namespace = "" if route.kind in PLACES else f"(?:{PATTERNS['namespace']}/)?"
    return re.compile(f"/api/(?:{route.subsystem}/v1/{namespace}|(?P<tutum>v1/)){rest}/")


_COMPILED = [(_compiled(route), route) for route in ROUTES]
