"""A container, what it belongs to, and events that name them, as Docker Cloud has them."""

from reactor.engine.lookups import opened
from reactor.engine.rest import LINKS
from reactor.model.event import PLATFORM_OBJECTS, Event
from tests.builders import an_event

UUIDS = {
    kind: f"{number}b0e1f3c-1d2e-4f5a-8b9c-0d1e2f3a4b5c"
    for number, kind in enumerate(PLATFORM_OBJECTS)
}
URIS = {
    "container": f"/api/app/v1/acme/container/{UUIDS['container']}/",
    "service": f"/api/app/v1/acme/service/{UUIDS['service']}/",
    "stack": f"/api/app/v1/acme/stack/{UUIDS['stack']}/",
    "node": f"/api/infra/v1/acme/node/{UUIDS['node']}/",
    "nodecluster": f"/api/infra/v1/acme/nodecluster/{UUIDS['nodecluster']}/",
}
OTHER_UUID = "99999999-2222-4333-8444-555555555555"


def rest_object(kind: str, **changes: object) -> dict[str, object]:
    """The object of this kind, Stopped, as the REST API tells it."""
    links = {field: URIS[linked] for field, linked in LINKS[kind].items()}
    told = {"uuid": UUIDS[kind], "resource_uri": URIS[kind], "name": f"the {kind}"}
    return {**told, "state": "Stopped", "size": 1, **links, **changes}


def an_opened(kind: str, *parents: str, **frame: object) -> Event:
    """An event of the object of this kind, which names these parents, and nothing was asked."""
    told = {"resource_uri": URIS[kind], "parents": [URIS[parent] for parent in parents], **frame}
    event = an_event(source="cloud", platform=True, identity="frame-1", **told)  # type: ignore[arg-type]  # fields of the frame
    return opened(event)


def an_action_on(kind: str, verb: str, **changes: str) -> dict[str, str]:
    """An action on the object of this kind, as REST lists it, that began at noon."""
    told = {
        "action": f"{kind.capitalize()} {verb}",
        "object": URIS[kind],
        "method": "POST",
        "path": f"{URIS[kind]}{verb.lower()}/",
        "state": "In progress",
        "start_date": "Mon, 07 Jan 2030 12:00:00 +0000",
    }
    return {**told, **changes}
