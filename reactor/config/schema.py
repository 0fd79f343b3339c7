"""The JSON Schema of the rule file, for editors: made from the tables the reader itself goes by.

Draft-07, which yaml-language-server understands. It says what a file looks like; `reactor check`
knows more. A text may be a `${VARIABLE}` everywhere.
"""

from collections.abc import Iterable, Mapping

from reactor.config import gates, heartbeat, hub, intervals, keep
from reactor.config.actions import COMMON, RETRY
from reactor.config.rules import KEYS
from reactor.config.settings import ADDRESSES, DESTINATIONS
from reactor.config.tests import BECAUSE, STATUSES
from reactor.config.values import FILTERS
from reactor.model.gates import OnRestart, Otherwise, Overlap, Phase
from reactor.model.protocols import ActionType, Field, Kind, SourceType

Schema = dict[str, object]

_TEXT: Schema = {"type": "string"}
_FLAG: Schema = {"type": "boolean"}
_DURATION_PATTERN = r"([0-9]+(d|h|ms|m|s))+"
_VARIABLE_PATTERN = r"\$\{"


def json_schema(
    sources: Mapping[str, SourceType], actions: Mapping[str, ActionType]
) -> dict[str, object]:
    """The schema of a rule file with these types of sources and actions."""
    source_types = {name: type_.fields for name, type_ in sources.items()}
    top: Mapping[str, Schema] = {
        "version": {"const": 1, "description": "The version of the rule language."},
        "sources": _named("Where events come from, by name.", source_types),
        "destinations": _named("Where deliveries go, by name.", DESTINATIONS, ADDRESSES),
        "time_intervals": {
            "type": "object",
            "description": "Times that come again, by name.",
            "additionalProperties": _interval(),
        },
        "heartbeat": {
            **_closed(
                {key: _field(field) for key, field in heartbeat.FIELDS.items()},
                required=_required(heartbeat.FIELDS),
            ),
            "description": "Called while, and only while, reactor works.",
        },
        "keep": {
            "anyOf": [
                _ref("duration"),
                _closed({key: _field(field) for key, field in keep.FIELDS.items()}),
            ],
            "description": "How long the journal keeps what; 30d if left out.",
        },
        "hub": {
            **_closed({key: _field(field) for key, field in hub.FIELDS.items()}),
            "description": "Docker Cloud's stream and API, served from a Docker source.",
        },
        "rules": {"type": "array", "items": _ref("rule"), "description": "Tried in this order."},
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "reactor rules",
        **_closed(top),
        "definitions": _definitions(actions),
    }


def _definitions(actions: Mapping[str, ActionType]) -> Schema:
    return {
        "duration": _pattern(_DURATION_PATTERN, "A span of time: 500ms, 90s, 5m, 1h30m."),
        "rate": _counted("per", "N per DURATION, such as 1 per 5m."),
        "after": _counted("within", "N within DURATION, such as 3 within 10m."),
        "hours": _hours(),
        "timed": _timed(),
        "condition": _condition(),
        "texts": _one_or_more(_TEXT),
        "retry": _closed({key: _ref("duration") for key in RETRY}),
        "rule": _rule(),
        "action": {"oneOf": [_action(name, type_) for name, type_ in actions.items()]},
        "test": _test(),
        "step": _step(),
    }


def _rule() -> Schema:
    keys: dict[str, Schema] = {
        "name": {"type": "string", "minLength": 1, "description": "Unique among the rules."},
        "match": {**_ref("condition"), "description": "All of these must hold."},
        "unless": {**_ref("condition"), "description": "Holds the rule back when it is true."},
        "source": {**_ref("texts"), "description": "Only events of these sources."},
        "group_by": {**_ref("texts"), "description": "Fields that make the key of the gates."},
        "absent": {**_ref("timed"), "description": "Fires when nothing matched for that long."},
        "then": {**_ref("timed"), "description": "Fires when this follows in time."},
        "not_then": {**_ref("timed"), "description": "Fires when this does not follow in time."},
        "resolve": {
            **_closed({"match": _ref("condition")}, required=("match",)),
            "description": "Ends the incident of the key.",
        },
        **_gates(),
        "enabled": {**_FLAG, "description": "false: the rule is off."},
        "shadow": {**_FLAG, "description": "true: decide and record, send nothing."},
        "ordered": {**_FLAG, "description": "false: no delivery waits for those before it."},
        "actions": {"type": "array", "minItems": 1, "items": _ref("action")},
        "tests": {"type": "array", "items": _ref("test")},
    }
    rule = _closed({key: keys[key] for key in KEYS}, required=("name", "actions"))
    return {**rule, "oneOf": [{"required": ["match"]}, {"required": ["absent"]}]}


def _gates() -> dict[str, Schema]:
    """The keys of gates, on a rule or on an action."""
    keys: dict[str, Schema] = {
        "for": {**_ref("duration"), "description": "Fires when it goes on matching for so long."},
        "after": {**_ref("after"), "description": "Fires at each so many matches in the window."},
        "during": {**_ref("hours"), "description": "Only in these time intervals."},
        "not_during": {**_ref("hours"), "description": "Only outside these time intervals."},
        "throttle": {**_ref("rate"), "description": "What is over it is dropped and counted."},
        "mode": {"enum": list(Overlap), "description": "How firings of one key overlap."},
        "max": {"type": "integer", "minimum": 1, "description": f"Of `mode`; {gates.MOST}."},
        "on_restart": {
            "enum": list(OnRestart),
            "description": "Of what came due while reactor was down; recheck if left out.",
        },
    }
    return {key: keys[key] for key in gates.KEYS}


def _timed() -> Schema:
    keys = {"match": _ref("condition"), "within": _ref("duration")}
    return _closed(keys, required=("match", "within"))


def _hours() -> Schema:
    long: dict[str, Schema] = {
        "interval": {**_ref("texts"), "description": "Names of `time_intervals`."},
        "then": {"enum": list(Otherwise), "description": "What else becomes of it; drop."},
    }
    return {"anyOf": [_ref("texts"), _closed(long, required=("interval",))]}


def _interval() -> Schema:
    keys: dict[str, Schema] = {
        "days": {**_ref("texts"), "description": "mon, or mon-fri; every day if left out."},
        "dates": {**_ref("texts"), "description": "2030-12-24, or 2030-12-24/2031-01-02."},
        "from": {**_TEXT, "description": "02:00; 00:00 if left out."},
        "to": {**_TEXT, "description": "04:00, which is outside; 24:00 if left out."},
        "timezone": {**_TEXT, "description": "Such as Europe/Berlin; UTC if left out."},
        "cron": {**_TEXT, "description": "When it begins, as a crontab line."},
        "for": {**_ref("duration"), "description": "Of `cron`: how long it lasts."},
    }
    return _closed({key: keys[key] for key in intervals.KEYS})


def _action(name: str, type_: ActionType) -> Schema:
    common: dict[str, Schema] = {
        "name": {"type": "string", "minLength": 1, "description": "Left out, the type."},
        "if": {**_ref("condition"), "description": "Fires only when this holds."},
        "when": {
            **_one_or_more({"enum": list(Phase)}),
            "description": "At which phases of an incident; opened and repeated if left out.",
        },
        **_gates(),
        "enabled": {**_FLAG, "description": "false: the action is off."},
        "shadow": {**_FLAG, "description": "true: decide and record, send nothing."},
        "timeout": {**_ref("duration"), "description": "Of one attempt; 10s if left out."},
        "retry": {**_ref("retry"), "description": "1s doubling to 1h, for 24h, if left out."},
        "ordered": {**_FLAG, "description": "false: no delivery waits for those before it."},
    }
    keys = {name: _field(type_.value), **{key: common[key] for key in COMMON}}
    keys |= {key: _field(field) for key, field in type_.fields.items()}
    return _closed(keys, required=(name, *_required(type_.fields)))


def _condition() -> Schema:
    """A mapping of fields; its operators are open, as a map that holds none is nesting."""
    blocks = {"type": "array", "items": _ref("condition"), "minItems": 1}
    return {
        "type": "object",
        "minProperties": 1,
        "properties": {"any": blocks, "all": blocks, "$or": blocks, "not": _ref("condition")},
    }


def _test() -> Schema:
    steps: Schema = {"type": "array", "minItems": 1, "items": _ref("step")}
    keys: dict[str, Schema] = {"name": _TEXT, "facts": {"type": "object"}, "steps": steps}
    return _closed(keys, required=("steps",))


def _step() -> Schema:
    reason: Schema = {"enum": list(BECAUSE)}
    status: Schema = {"type": "integer", "minimum": STATUSES[0], "maximum": STATUSES[-1]}
    keys: dict[str, Schema] = {
        "send": {"type": "object", "description": "An event."},
        "wait": {**_ref("duration"), "description": "Let time go by."},
        "at": {"type": "string", "format": "date-time", "description": "Set the clock forwards."},
        "respond": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": status,
            "description": "By action the HTTP status of its attempts from now on.",
        },
        "restart": {"const": True, "description": "A new process goes on."},
        "silence": {
            **_closed(
                {"match": _ref("condition"), "for": _ref("duration")}, required=("match", "for")
            ),
            "description": "Holds firings back from now on.",
        },
        "facts": {"type": "object", "description": "What is known beyond the event."},
        "expect": {"anyOf": [{"const": "any"}, {"type": "array", "items": _TEXT}]},
        "because": _one_or_more(reason),
    }
    return _closed(keys)


def _named(
    about: str,
    types: Mapping[str, Mapping[str, Field]],
    choices: Mapping[str, Iterable[tuple[str, ...]]] | None = None,
) -> Schema:
    """A mapping of names to entries of one of the types; `choices` are keys of which a type needs
    the one set or the other."""
    entries = [
        _closed(
            {"type": {"const": type_}, **{key: _field(field) for key, field in fields.items()}},
            required=("type", *_required(fields)),
        )
        for type_, fields in types.items()
    ]
    for type_, entry in zip(types, entries, strict=True):
        if sets := (choices or {}).get(type_):
            entry["anyOf"] = [{"required": list(keys)} for keys in sets]
    return {"type": "object", "description": about, "additionalProperties": {"oneOf": entries}}


def _required(fields: Mapping[str, Field]) -> tuple[str, ...]:
    return tuple(key for key, field in fields.items() if field.required)


def _field(field: Field) -> Schema:
    shapes: Mapping[Kind, Schema] = {
        Kind.FLAG: _FLAG,
        Kind.CHOICE: {"enum": list(field.choices)},
        Kind.CHOICES: _one_or_more({"enum": list(field.choices)}),
        Kind.HEADERS: {"type": "object", "additionalProperties": _TEXT},
        Kind.BODY: {"type": ["string", "object", "array"]},
        Kind.RATE: _ref("rate"),
        Kind.TEXTS: _ref("texts"),
        Kind.SECRETS: _ref("texts"),
        Kind.DURATION: _ref("duration"),
        Kind.NUMBER: {"type": "integer", "minimum": 0},
        Kind.FILTER: _closed({name: _ref("texts") for name in FILTERS}),
        Kind.GROUP: _closed(
            {key: _field(each) for key, each in field.fields.items()},
            required=_required(field.fields),
        ),
    }
    return {**shapes.get(field.kind, _TEXT), "description": field.about}


def _counted(word: str, about: str) -> Schema:
    """A count and a span, with the word between them."""
    long = {"count": {"type": "integer", "minimum": 1}, word: _ref("duration")}
    short = _pattern(f"[0-9]+ {word} {_DURATION_PATTERN}", about)
    return {"anyOf": [short, _closed(long, required=("count", word))]}


def _one_or_more(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "array", "items": schema, "minItems": 1}]}


def _pattern(pattern: str, about: str) -> Schema:
    return {"type": "string", "pattern": f"^{pattern}$|{_VARIABLE_PATTERN}", "description": about}


def _closed(keys: Mapping[str, Schema], *, required: Iterable[str] = ()) -> Schema:
    """A mapping with these keys and no others."""
    needed = list(required)
    schema: Schema = {"type": "object", "properties": dict(keys), "additionalProperties": False}
    return {**schema, "required": needed} if needed else schema


def _ref(name: str) -> Schema:
    return {"$ref": f"#/definitions/{name}"}
