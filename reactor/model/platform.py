"""What events of a container platform can hold, as far as that is certain (docs/platforms.md §1).

For telling what can never be: events are taken as they come, whatever they hold.
"""

from collections.abc import Mapping

from reactor.model.cause import Cause
from reactor.model.event import CAUSE, PLATFORM_FACTS, PLATFORM_OBJECTS

Shape = Mapping[str, tuple[str | None, ...]]
"""What frames of one form have in each of SHAPED: one of these values, None for a field that is
not there. Of a field without any value nobody knows."""

SHAPED = ("type", "action", "state")
"""The fields whose values are known beforehand."""

_LIFE = ("Starting", "Running", "Stopping", "Stopped", "Terminating", "Terminated")
_OLD = ("Start failed", "Stopped with errors")

STATES: Mapping[str, tuple[str, ...]] = {
    "container": ("Init", "Creating", "Created", "Started", *_LIFE, *_OLD),
    "service": ("Init", "Not running", "Partly running", "Scaling", "Redeploying", *_LIFE, *_OLD),
    "stack": ("Not running", "Not Running", "Partly running", "Redeploying", *_LIFE),
    "node": (
        *("Init", "Deploying", "Provisioning", "Deployed", "Unreachable", "Upgrading"),
        *("Terminating", "Terminated"),
    ),
    "nodecluster": (
        *("Init", "Deploying", "Deployed", "Partly deployed", "Scaling", "Empty cluster", "Empty"),
        *("Terminating", "Terminated"),
    ),
    "action": ("Pending", "In progress", "Canceling", "Canceled", "Success", "Failed"),
}
"""By type, every state that documents of any age tell or clients knew, to the letter."""

FACT_VALUES: Shape = {
    **{f"{kind}.state": (*STATES[kind], None) for kind in PLATFORM_OBJECTS},
    "container.health": ("starting", "healthy", "unhealthy", None),
    CAUSE: (*(cause.value for cause in Cause), None),
}
"""What facts can be in any event, as far as that is known beforehand."""

GAP: Shape = {"type": ("gap",), "action": (None,), "state": (None,)}
"""What a source says when something may have been missed."""

ODD: Shape = {"type": (None,), "action": (None,), "state": (None,)}
"""What a source hands on although it is no frame of the platform."""

OBJECT_SHAPES: tuple[Shape, ...] = tuple(
    {"type": (kind,), "action": ("create", "update", "delete", None), "state": (*states, None)}
    for kind, states in STATES.items()
)
"""The frames about objects."""

CLOUD_SHAPES: tuple[Shape, ...] = (
    *OBJECT_SHAPES,
    GAP,
    ODD,
    {"type": ("error",), "action": (None,), "state": (None,)},
    # Seen, and nobody wrote down what was in them.
    {
        "type": ("user-notification", "user-notifications", "image", "buildsetting"),
        "action": (),
        "state": (),
    },
)
"""The frames of Docker Cloud and Tutum."""

FRAME_FIELDS = (
    *SHAPED,
    *("parents", "resource_uri", "uuid", "datetime", "date", "inferred", "docker", "data"),
    *("reason", "from", "to", "left_out"),  # of a gap
    *("revises", "was"),  # of a cause that is corrected
    *("source", "scheduled_at"),  # of a tick
    *PLATFORM_FACTS,
)
"""The names at the top of an event."""

_ALL = ("uuid", "uri", "name", "nickname", "state", "deployed_datetime", "destroyed_datetime")
_RUN = (
    *("image", "image_name", "image_tag", "unique_name", "public_dns", "synchronized"),
    *("started_datetime", "stopped_datetime", "autorestart", "autodestroy", "autoreplace"),
    *("run_command", "entrypoint", "working_dir", "user", "hostname", "domainname", "mac_address"),
    *("net", "network", "pid", "privileged", "read_only", "tty", "stdin_open", "roles"),
    *("cpu_shares", "cpuset", "memory", "memory_swap", "cgroup_name", "cgroup_parent"),
    *("dns", "dns_search", "cap_add", "cap_drop", "devices", "extra_hosts", "security_opt"),
)
EVIDENCE = ("log_tail", "health_log")
"""The facts of a container that are gathered only if a rule speaks of them: they cost asking."""

_LIVED = (
    *("restart_count", "oom_killed", "health", "started_at", "ran_for", "exit_reason"),
    *("old_image", "new_image"),
)
_MACHINE = ("node_type", "region", "availability_zone", "disk", "tags")

OBJECT_FACTS: Mapping[str, tuple[str, ...]] = {
    "container": (
        *(*_ALL, *_RUN, "docker_id", "exit_code", "exit_code_msg", "service", "node"),
        *("private_ip", "sequential", "slot", *_LIVED, *EVIDENCE),
    ),
    "service": (
        *(*_ALL, *_RUN, "stack", "containers", "tags", "actions", "autoredeploy"),
        *("target_num_containers", "current_num_containers", "running_num_containers"),
        *("stopped_num_containers", "sequential_deployment", "deployment_strategy"),
    ),
    "stack": (*_ALL, "synchronized", "services"),
    "node": (
        *(*_ALL, *_MACHINE, "node_cluster", "external_fqdn", "public_ip", "private_ips"),
        *("docker_version", "docker_execdriver", "docker_graphdriver", "last_seen", "cpu"),
        *("memory", "tunnel", "current_num_containers"),
    ),
    "nodecluster": (*_ALL, *_MACHINE, "nodes", "current_num_nodes", "target_num_nodes"),
}
"""By object, what Docker's mapping and the REST APIs tell of it as facts."""

_COUNTS = ("exit_code", "restart_count", "ran_for")

NUMBERS: frozenset[tuple[str, ...]] = frozenset(
    (kind, fact)
    for kind, facts in OBJECT_FACTS.items()
    for fact in facts
    if fact in _COUNTS or "_num_" in fact
)
"""The facts that are numbers, or null. Facts are written as the names that lead to them."""

FLAGS: frozenset[tuple[str, ...]] = frozenset({("container", "oom_killed"), ("planned",)})
"""The facts that are true or false."""

NAMES: frozenset[tuple[str, ...]] = frozenset(
    (kind, fact) for kind in PLATFORM_OBJECTS for fact in ("uuid", "uri", "name", "state", "image")
) | {
    *(("container", fact) for fact in ("slot", "health", "started_at", "old_image", "new_image")),
    (CAUSE,),
}
"""The facts that are texts of one word, or null."""

TEXTS = NAMES | {("container", fact) for fact in ("exit_reason", *EVIDENCE)}
"""The facts that are texts, or null; and so is every label."""
