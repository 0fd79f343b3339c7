"""Words of the rule language that a later version brings: refused as such, not as unknown.

What rules.md §7 gives to later issues; an issue that brings a word takes it out here.
"""

SOURCE_TYPES = frozenset({"redis", "kafka", "nats", "mqtt", "amqp"})
SOURCE = frozenset({"tls", "reconcile"})
DESTINATION_TYPES = frozenset(
    {"notify", "email", "exec", "publish", "pagerduty", "discord", "teams", "ntfy"}
)
ACTION_TYPES = DESTINATION_TYPES
