"""Misnomers: what a condition asks for under a name by which no event has it."""

from collections.abc import Collection
from dataclasses import dataclass

from reactor.config.conditions import OPERATORS
from reactor.config.conjunction import Field
from reactor.config.spelling import near
from reactor.model.event import PLATFORM_OBJECTS
from reactor.model.platform import (
    FLAGS,
    FRAME_FIELDS,
    NUMBERS,
    OBJECT_FACTS,
    SHAPED,
    TEXTS,
    Shape,
)
from reactor.model.problem import Place

# Nested fields may well be called `gate`, `note` or `fields`, and `containers` or `case`.
_UNMISTAKABLE = tuple(name for name in OPERATORS if len(name) > len("gate") and name != "field")
_ALMOST = 0.9  # alike, that is but for a letter
_MOST_MEANT = 2


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why something never holds. `meant` is what is near and holds, `hint` what else to say."""

    place: Place
    message: str
    meant: str | None = None
    hint: str | None = None


def no_operator(asked: Field) -> Doubt | None:
    """A field nested in another one, by a name that an operator nearly has: `x: {prefx: a}`."""
    if len(asked.places) < 2 or asked.places[-1] == asked.places[-2]:  # no key of its own
        return None
    *above, name = asked.names
    meant = near(name, _UNMISTAKABLE, alike=_ALMOST)
    if meant is None:
        return None
    message = f"'{name}' is taken for a field of '{'.'.join(above)}'"
    return Doubt(asked.places[-1], message, f"'{meant}'")


def misnomer(asked: Field) -> Doubt | None:
    """A field that no event of a platform has, as far as its name tells."""
    return (_within_a_value(asked) or _misspelt(asked)) if asked.names else None


def _within_a_value(asked: Field) -> Doubt | None:
    """A field of what has none: an unknown operator, or the name of a label that has dots."""
    above = (asked.names[:at] for at in range(1, len(asked.names)))
    value = next((names for names in above if _is_single(names)), None)
    if value is None:
        return None
    at, kind = len(value), _kind_of(value)
    name, place = asked.names[at], asked.places[at]
    message = f"'{'.'.join(value)}' is {kind} and has no field '{name}'"
    if value[0] == "labels" and place == asked.places[at - 1]:
        return Doubt(place, message, f"""labels."{".".join(asked.names[1:])}\"""")
    meant = near(name, OPERATORS)
    hint = f"there are the operators {', '.join(OPERATORS)}"
    return Doubt(place, message, f"'{meant}'" if meant else None, hint)


def _is_single(names: tuple[str, ...]) -> bool:
    if is_text(names) or names in NUMBERS or names in FLAGS:
        return True
    return len(names) == 1 and names[0] in SHAPED


def _kind_of(value: tuple[str, ...]) -> str:
    if value in FLAGS:
        return "true or false"
    return "a number" if value in NUMBERS else "a text"


def is_text(names: tuple[str, ...]) -> bool:
    """Whether these names lead to a fact that is a text, or null, wherever it is told."""
    return names in TEXTS or (names[:1] == ("labels",) and len(names) == 2)


def _misspelt(asked: Field) -> Doubt | None:
    """A field that no event has, with a name like one that events have."""
    facts = OBJECT_FACTS.get(asked.names[0], ())
    at, known = (1, facts) if facts and len(asked.names) > 1 else (0, FRAME_FIELDS)
    name, above = asked.names[at], asked.names[:at]
    meant = None if name in known else near(name, known)
    if meant is None:
        return None
    wrong, right = (".".join((*above, each)) for each in (name, meant))
    return Doubt(asked.places[at], f"no event has '{wrong}'", f"'{right}'")


def fact_alone(asked: Field, shapes: Collection[Shape]) -> Doubt | None:
    """A fact without its object, `exit_code`, where it is known what every frame holds."""
    name = asked.names[0] if asked.names else ""
    if not shapes or not all(map(_is_described, shapes)) or name in FRAME_FIELDS:
        return None
    meant = [f"'{kind}.{name}'" for kind in PLATFORM_OBJECTS if name in OBJECT_FACTS[kind]]
    if not meant:
        return None
    return Doubt(asked.places[0], f"no event has '{name}'", " or ".join(meant[:_MOST_MEANT]))


def _is_described(shape: Shape) -> bool:
    return bool(shape["action"]) and None not in shape["type"]
