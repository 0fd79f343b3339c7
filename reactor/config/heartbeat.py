"""`heartbeat` of the rule file: what is called while reactor works."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from reactor.config.node import Entry, Problems, Table
from reactor.config.route import ALLOW, networks
from reactor.config.settings import check_url, parse_fields
from reactor.config.values import check_keys, refuse
from reactor.model.protocols import Field, Kind
from reactor.model.rule import Heartbeat
from reactor.model.secret import Secret

FIELDS: Mapping[str, Field] = {
    # The URL of a check is all that a stranger needs to keep it quiet.
    "url": Field(kind=Kind.SECRET, about="What is called with GET.", required=True),
    "allow": ALLOW,
    "every": Field(kind=Kind.DURATION, about="How often; 1m if left out, 1s at the least."),
}
"""Its keys."""

SHORTEST = timedelta(seconds=1)


def parse_heartbeat(entry: Entry, problems: Problems) -> Heartbeat | None:
    """What the key holds, or None after its problems were noted."""
    table = entry.value
    if not isinstance(table, Table):
        refuse(problems, "heartbeat", table, "a mapping with a 'url'")
        return None
    check_keys(table, FIELDS, problems)
    options = parse_fields(table, FIELDS, problems, "'heartbeat'")
    url, every = options.get("url"), options.get("every")
    if isinstance(every, timedelta) and every < SHORTEST:
        refuse(problems, "every", table.entries["every"].value, "at least 1s")
    if not isinstance(url, Secret):
        return None
    check_url(table, problems)
    allow = networks("allow", table, problems)
    found = Heartbeat(url=url, allow=allow)
    return replace(found, every=every) if isinstance(every, timedelta) else found
