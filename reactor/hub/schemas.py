"""The JSON that the hub speaks, as JSON Schemas: the fields that the old clients break without, of
the types that the strictest of them, in Go, takes. Objects may have more fields than these."""

from collections.abc import Mapping

Schema = dict[str, object]
"""A JSON Schema, 2020-12."""

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer"}
FLAG: Schema = {"type": "boolean"}
UUID: Schema = {"type": "string", "format": "uuid"}
URI: Schema = {"type": "string", "pattern": "^/api/"}
DATE: Schema = {
    "type": "string",
    "pattern": "^[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} [+]0000$",
    "examples": ["Thu, 16 Oct 2014 12:04:08 +0000"],
}


def many(items: Schema) -> Schema:
    """A list of such."""
    return {"type": "array", "items": items}


def maybe(schema: Schema) -> Schema:
    """Such a one, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def record(**fields: Schema) -> Schema:
    """An object with at least these fields."""
    return {"type": "object", "properties": fields, "required": list(fields)}


_IDENTITY = {"uuid": UUID, "resource_uri": URI, "state": TEXT}
_LIVED = {
    "deployed_datetime": maybe(DATE),
    "started_datetime": maybe(DATE),
    "stopped_datetime": maybe(DATE),
    "destroyed_datetime": maybe(DATE),
}
_PORT = record(
    inner_port=NUMBER,
    outer_port=maybe(NUMBER),
    protocol=TEXT,
    published=FLAG,
)
_RUN: Mapping[str, Schema] = {
    "image_name": TEXT,
    "synchronized": FLAG,
    "autorestart": TEXT,
    "run_command": TEXT,
    "public_dns": TEXT,
    "container_ports": many(_PORT),
    "container_envvars": many(record(key=TEXT, value=TEXT)),
    "link_variables": {"type": "object", "additionalProperties": TEXT},
    "roles": many(TEXT),
    "cpu_shares": maybe(NUMBER),
    "memory": maybe(NUMBER),
}
_TAGS = many(record(name=TEXT))
_LABELLED = {"resource_uri": URI, "name": TEXT, "label": TEXT, "available": FLAG}

SCHEMAS: Mapping[str, Schema] = {
    "stack": record(
        **_IDENTITY,
        name=TEXT,
        nickname=TEXT,
        synchronized=FLAG,
        services=many(URI),
        deployed_datetime=maybe(DATE),
        destroyed_datetime=maybe(DATE),
    ),
    "service": record(
        **_IDENTITY,
        **_LIVED,
        **_RUN,
        name=TEXT,
        nickname=TEXT,
        stack=maybe(URI),
        containers=many(URI),
        target_num_containers=NUMBER,
        current_num_containers=NUMBER,
        running_num_containers=NUMBER,
        stopped_num_containers=NUMBER,
        linked_to_service=many(record(to_service=URI, name=TEXT)),
        tags=_TAGS,
    ),
    "container": record(
        **_IDENTITY,
        **_LIVED,
        **_RUN,
        name=TEXT,
        exit_code=maybe(NUMBER),
        exit_code_msg=maybe(TEXT),
        private_ip=TEXT,
        node=URI,
        service=maybe(URI),
        linked_to_container=many(record(to_container=URI, from_container=URI, name=TEXT)),
    ),
    "node": record(
        **_IDENTITY,
        external_fqdn=TEXT,
        nickname=TEXT,
        node_cluster=maybe(URI),
        node_type=maybe(URI),
        region=maybe(URI),
        docker_version=TEXT,
        public_ip=maybe(TEXT),
        last_seen=maybe(DATE),
        tags=_TAGS,
    ),
    "nodecluster": record(
        **_IDENTITY,
        name=TEXT,
        node_type=maybe(URI),
        region=maybe(URI),
        nodes=many(URI),
        current_num_nodes=NUMBER,
        target_num_nodes=NUMBER,
        deployed_datetime=maybe(DATE),
    ),
    "action": record(
        **_IDENTITY,
        action=TEXT,
        object=URI,
        method=TEXT,
        path=TEXT,
        user_agent=TEXT,
        ip=TEXT,
        location=TEXT,
        start_date=maybe(DATE),
        end_date=maybe(DATE),
        is_user_action=FLAG,
        can_be_canceled=FLAG,
        can_be_retried=FLAG,
    ),
    "trigger": record(uuid=UUID, name=TEXT, operation=TEXT, url=URI, resource_uri=URI),
    "provider": record(**_LABELLED, regions=many(URI)),
    "region": record(**_LABELLED, provider=URI, node_types=many(URI), availability_zones=many(URI)),
    "nodetype": record(**_LABELLED, provider=URI, regions=many(URI), availability_zones=many(URI)),
    "az": record(**_LABELLED, provider=URI, region=maybe(URI)),
    "stackfile": {"type": "object", "additionalProperties": {"type": "object"}},
    "account": record(username=TEXT),
    "error": record(error=TEXT),
    "meta": record(
        limit=NUMBER,
        next=maybe(URI),
        offset=NUMBER,
        previous=maybe(URI),
        total_count=NUMBER,
    ),
}
"""Each type, by its name in the paths or, of what has none, by what it is."""

UPDATE: Schema = {
    "type": "object",
    "properties": {
        "target_num_containers": {"type": "integer", "minimum": 0},
        "autorestart": {"enum": ["OFF", "ON_FAILURE", "ALWAYS"]},
        "image": {"type": "string", "minLength": 1},
        "nickname": TEXT,
        "tags": many({"anyOf": [record(name=TEXT), TEXT]}),
    },
    "additionalProperties": False,
}
"""What a PATCH of a service may hold; a fleet may take less."""

NEW_TRIGGER: Schema = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 256},
        "operation": {"type": "string", "pattern": "^(?i:REDEPLOY|SCALEUP)$"},
    },
}
"""What a POST of a trigger may hold."""
