"""What is asked of a platform's REST API for an event, and under which path. Pure."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from reactor.engine.rest import read_object
from reactor.model.event import PLATFORM_OBJECTS
from reactor.model.lookup import Need
from reactor.model.uri import ObjectRef, ObjectUri, collection_path

MOST_ACTIONS = 100
"""In a list of actions; the platform's own limit is not known to be higher."""

Key = tuple[ObjectRef, datetime | None]
"""What a query is known by, whatever namespace it writes."""


@dataclass(frozen=True, slots=True)
class Query:
    """An object, or with `since` (UTC) the list of the actions on it that began from then on."""

    uri: ObjectUri
    since: datetime | None = None

    @property
    def ref(self) -> ObjectRef:
        """The object, whatever its namespace."""
        return ObjectRef(self.uri.type, self.uri.uuid)

    @property
    def key(self) -> Key:
        """Equal for two queries that have the same answer."""
        return self.ref, self.since

    def path(self, namespace: str | None) -> str:
        """The path of the request (docs/platforms.md §1). A configured `namespace` wins."""
        path = self.uri.path(namespace)
        if self.since is None:
            return path
        asked = {
            "object": path,
            "start_date__gte": f"{self.since:%Y-%m-%dT%H:%M:%SZ}",
            "limit": MOST_ACTIONS,
        }
        actions = collection_path("action", None, is_tutum=self.uri.is_tutum)
        return f"{actions}?{urlencode(asked, safe='/:')}"


def query_for(need: Need) -> Query | None:
    """What to ask; nothing if it is not to the letter the URI of such an object."""
    uri = read_object(need.kind, need.uri) if need.kind in PLATFORM_OBJECTS else None
    return None if uri is None else Query(uri, need.since)
