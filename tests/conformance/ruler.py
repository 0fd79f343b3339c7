"""Another implementation of EventBridge patterns to compare with: event-ruler of PyPI.

Under it is quamina 1.0 (Go), which knows values, `exists`, `anything-but` of a list of texts, and
`shellstyle`, a text with one `*`: so `prefix`, `suffix` and `wildcard` are asked of it. It runs in
a process of its own, as it brings Go's runtime with it, which ends the process when it panics.
"""

import json
import subprocess
import sys
from collections.abc import Iterable

_PROGRAM = """
import json, sys
from event_ruler import test_event_pattern
for line in sys.stdin:
    event, pattern = json.loads(line)
    print(json.dumps(bool(test_event_pattern(json.dumps(event), json.dumps(pattern)))))
"""

_STARS = {"prefix": "{}*", "suffix": "*{}", "wildcard": "{}"}


def ruler_says(pairs: Iterable[tuple[dict[str, object], dict[str, object]]]) -> list[bool]:
    """For each pattern and event whether they match. Takes some microseconds a pair."""
    lines = "".join(json.dumps([event, _theirs(pattern)]) + "\n" for pattern, event in pairs)
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], input=lines, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def _theirs(pattern: object) -> object:
    """The pattern in the words that they know."""
    if isinstance(pattern, list):
        return [_theirs(each) for each in pattern]
    if not isinstance(pattern, dict):
        return pattern
    for name, form in _STARS.items():
        if name in pattern:
            return {"shellstyle": form.format(pattern[name])}
    return {key: _theirs(value) for key, value in pattern.items()}
