"""A stack as the stackfile that it could be made from again."""

from collections.abc import Mapping

from reactor.hub.fleet import Fleet, Object
from reactor.model.uri import comparable_uri

_PLAIN: Mapping[str, str] = {
    "image_name": "image",
    "run_command": "command",
    "entrypoint": "entrypoint",
    "working_dir": "working_dir",
    "privileged": "privileged",
    "target_num_containers": "target_num_containers",
    "autorestart": "autorestart",
    "deployment_strategy": "deployment_strategy",
}
"""Fields of a service, and their keys in a stackfile."""


def stackfile(fleet: Fleet, stack: Object) -> dict[str, object]:
    """For each service of the stack, by its name, what a stackfile says of it. What is empty is
    left out. Environment variables are in it, secrets among them."""
    mine = comparable_uri(str(stack["resource_uri"]))
    services = [
        service
        for service in fleet.objects("service")
        if service["state"] != "Terminated"
        and isinstance(uri := service.get("stack"), str)
        and comparable_uri(uri) == mine
    ]
    return {str(service["name"]): _entry(service) for service in services}


def _entry(service: Object) -> dict[str, object]:
    entry = {key: service.get(field) for field, key in _PLAIN.items()}
    entry["environment"] = {
        pair["key"]: pair["value"] for pair in _records(service, "container_envvars")
    }
    entry["ports"] = [
        f"{port['outer_port']}:{port['inner_port']}"
        for port in _records(service, "container_ports")
        if port.get("published")
    ]
    entry["tags"] = [tag["name"] for tag in _records(service, "tags")]
    return {key: value for key, value in entry.items() if value}


def _records(service: Object, field: str) -> list[Mapping[str, object]]:
    listed = service.get(field)
    items = listed if isinstance(listed, list) else []
    return [item for item in items if isinstance(item, Mapping)]
