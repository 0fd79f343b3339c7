"""Conditions for tests, read from YAML as the rule file writes them."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from reactor.config.conditions import parse_condition
from reactor.config.load import read_file
from reactor.config.node import Node, Problems
from reactor.model.condition import Condition
from reactor.model.event import Record
from reactor.model.match import Truth


def node_of(text: str) -> Node:
    """The node that a YAML text writes; it must be well-formed."""
    problems = Problems()
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(text)
        file.flush()
        node = read_file(Path(file.name), problems)
    assert node is not None, problems.found
    return node


def condition(text: str, *, missing_is_false: bool = False) -> Condition:
    """The condition that a YAML text writes; it must be without mistakes."""
    problems = Problems()
    found = parse_condition(node_of(text), problems, missing_is_false=missing_is_false)
    assert found is not None, problems.found
    return found


def mistakes(text: str) -> list[str]:
    """What is wrong with a condition: message and hint of every problem."""
    problems = Problems()
    found = parse_condition(node_of(text), problems)
    assert (found is None) is bool(problems.found)
    return [
        problem.message + (f" ({problem.hint})" if problem.hint else "")
        for problem in problems.found
    ]


def truth(text: str, fields: Mapping[str, object], *, platform: bool = False) -> Truth:
    """What a condition says of a record."""
    return condition(text).evaluate(Record(fields, platform))
