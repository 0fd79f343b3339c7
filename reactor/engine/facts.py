"""Facts as people write them: `service.name: web` is `{service: {name: web}}`."""

from collections.abc import Mapping

from reactor.engine.selector import DottedPath, PathInvalid, parse_path


def nested(facts: Mapping[str, object]) -> dict[str, object]:
    """The same facts with dotted names laid out as objects.

    Raises ValueError for a name that is no path, and when two of them contradict each other.
    """
    laid: dict[str, object] = {}
    for name, value in facts.items():
        if not lay(laid, fact_path(name), value):
            raise ValueError(f"'{name}' has a value here and another one above")
    return laid


def fact_path(name: str) -> tuple[str, ...]:
    """The names that a dotted fact leads through. Raises ValueError."""
    try:
        path = parse_path(name)
    except PathInvalid as invalid:
        raise ValueError(f"'{name}' is no field: {invalid}") from invalid
    return path.names if isinstance(path, DottedPath) else (name,)


def lay(into: dict[str, object], names: tuple[str, ...], value: object) -> bool:
    """Put `value` where `names` lead; False when something else is there."""
    for name in names[:-1]:
        inner = into.setdefault(name, {})
        if not isinstance(inner, dict):
            return False
        into = inner
    there = into.get(names[-1])
    if isinstance(there, dict) and isinstance(value, Mapping):
        return all(lay(there, (name,), each) for name, each in value.items())
    if names[-1] in into:
        return False
    into[names[-1]] = value
    return True
