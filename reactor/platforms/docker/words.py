"""An engine's words: what its states are called on the platform, and how it writes ages. Pure."""

from datetime import timedelta

STARTING, RUNNING, STOPPING, STOPPED = "Starting", "Running", "Stopping", "Stopped"
TERMINATING = "Terminating"
DEPLOYING, DEPLOYED, UNREACHABLE = "Deploying", "Deployed", "Unreachable"

_CONTAINER_STATES = {
    "created": STARTING,
    "configured": STARTING,  # Podman's, as is "initialized"
    "initialized": STARTING,
    "running": RUNNING,
    "paused": RUNNING,  # it did not end and holds all that it has; the platform has no word for it
    "stopping": STOPPING,  # Podman's
    "restarting": STOPPED,  # between two runs: the last one has ended, with its exit code
    "exited": STOPPED,
    "stopped": STOPPED,  # Podman's, before it has cleaned up
    "dead": STOPPED,
    "removing": TERMINATING,
}
_TASK_STATES = {
    "running": RUNNING,
    "complete": STOPPED,
    "shutdown": STOPPED,
    "failed": STOPPED,
    "rejected": STOPPED,
    "orphaned": STOPPED,  # its node has been away for a day, and the swarm gave it up
    "remove": TERMINATING,
}
_NODE_STATES = {
    "ready": DEPLOYED,
    "down": UNREACHABLE,
    "disconnected": UNREACHABLE,
}

_MINUTE, _HOUR, _DAY = 60, 60 * 60, 24 * 60 * 60
_UNITS = (
    (_MINUTE, 1, "seconds"),
    (_HOUR, _MINUTE, "minutes"),
    (2 * _DAY, _HOUR, "hours"),
    (14 * _DAY, _DAY, "days"),
    (60 * _DAY, 7 * _DAY, "weeks"),
    (730 * _DAY, 30 * _DAY, "months"),
)
"""What is younger than so many seconds is counted in units of so many."""
_YEAR = 365 * _DAY
_SINGLE = {
    "0 seconds": "Less than a second",
    "1 seconds": "1 second",
    "1 minutes": "About a minute",
    "1 hours": "About an hour",
}


def container_state(word: str, *, is_up: bool) -> str:
    """The platform's word for a container's state. `is_up` says whether its process runs, which
    decides where the word is one that we never heard."""
    return _CONTAINER_STATES.get(word, RUNNING if is_up else STOPPED)


def task_state(word: str) -> str:
    """The platform's word for the state of a task that has a container; all that is not yet
    running and has not ended is on its way there."""
    return _TASK_STATES.get(word, STARTING)


def node_state(word: str) -> str:
    """The platform's word for a node of a swarm. "unknown" is what a new leader says of all nodes
    until it hears from them, which is no outage."""
    return _NODE_STATES.get(word, DEPLOYING)


def age_text(age: timedelta) -> str:
    """The age as the engine writes it in its lists, `5 minutes` (docker/go-units,
    HumanDuration)."""
    seconds = max(int(age.total_seconds()), 0)
    if seconds >= _HOUR:
        seconds += _HOUR // 2  # hours are rounded
    for limit, unit, name in _UNITS:
        if seconds < limit:
            text = f"{seconds // unit} {name}"
            return _SINGLE.get(text, text)
    return f"{seconds // _YEAR} years"
