"""Templates for tests, and the names that they see."""

from reactor.engine.template import compile_template
from reactor.model.protocols import Landing

NAMES: dict[str, object] = {
    "state": "Stopped",
    "name": "web & <db>",
    "path": "a b/ü?x=1",
    "code": 137,
    "ratio": 5.0,
    "ok": True,
    "nothing": None,
    "empty": "",
    "parents": ["p1", "p2"],
    "ports": [{"inner": 80}, {"inner": 443}, {}],
    "service": {"name": "web", "com.x": "dotted", "items": "a field", "__class__": "no"},
    "code_of_event": "{{ state }} {% for %}",
    "line": "two\nlines",
}


def rendered(text: str, landing: Landing = Landing.TEXT) -> str:
    """What a template text says of NAMES."""
    return compile_template(text, landing).render(NAMES)
