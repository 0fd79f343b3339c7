"""Providers, regions, node types and availability zones, as far as a fleet's nodes tell of them.
The old command line looks up their labels for its tables."""

from collections.abc import Iterable

from reactor.hub.fleet import Fleet, Object

_INFRA = "/api/infra/v1"
_TOLD_BY = {"region": "region", "nodetype": "node_type", "az": "availability_zone"}
"""The field of a node, or of a node cluster, that names a place of each kind."""


def places(fleet: Fleet, kind: str) -> list[Object]:
    """All places of a kind (provider, region, nodetype, az), by their URIs in order."""
    rows = _rows(fleet)
    return [_shown(kind, uri, rows) for uri in _named(rows, kind)]


def _rows(fleet: Fleet) -> list[dict[str, str]]:
    """For each node and node cluster the URIs that it names, by kind."""
    things = [*fleet.objects("node"), *fleet.objects("nodecluster")]
    rows = []
    for thing in things:
        row = {
            kind: uri
            for kind, field in _TOLD_BY.items()
            if isinstance(uri := thing.get(field), str) and uri.startswith(f"{_INFRA}/{kind}/")
        }
        if row:
            row["provider"] = _provider(next(iter(row.values())))
        rows.append(row)
    return rows


def _provider(uri: str) -> str:
    """Of a place's URI, `/api/infra/v1/kind/provider/…`."""
    return f"{_INFRA}/provider/{uri.split('/')[5]}/"


def _named(rows: Iterable[dict[str, str]], kind: str) -> list[str]:
    return sorted({row[kind] for row in rows if kind in row})


def _shown(kind: str, uri: str, rows: list[dict[str, str]]) -> Object:
    """A place, with all that is named together with it."""
    name = uri.strip("/").split("/")[-1]
    here = [row for row in rows if row.get(kind) == uri]
    shown = {
        "resource_uri": uri,
        "name": name,
        "label": name,
        "available": False,  # for new nodes, and the hub makes none
        "provider": _provider(uri),
        "regions": _named(here, "region"),
        "node_types": _named(here, "nodetype"),
        "availability_zones": _named(here, "az"),
    }
    if kind == "az":
        shown["region"] = next(iter(_named(here, "region")), None)
    own = {"provider": "provider", "region": "regions", "nodetype": "node_types"}
    return {field: value for field, value in shown.items() if field != own.get(kind)}
