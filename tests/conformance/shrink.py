"""A story that goes wrong, made as short as it can be, and written down for people."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta

from reactor.duration import format_duration
from reactor.model.gates import OnRestart, Phase
from reactor.model.rule import Rule
from tests.builders import Says, replace
from tests.conformance.stories import Load, Send, Story, What, marked

Wrong = Callable[[Story], str | None]
"""What is wrong with a story, if anything is."""

_RULE: Mapping[str, object] = {
    "absent": None,
    "sequel": None,
    "resolve": None,
    "group_by": (),
    "enabled": True,
    "shadow": False,
}
_ACTION: Mapping[str, object] = {
    "condition": None,
    "when": (Phase.OPENED, Phase.REPEATED),
    "enabled": True,
    "shadow": False,
}
_GATES: Mapping[str, object] = {
    "lasting": None,
    "after": None,
    "hours": (),
    "throttle": None,
    "mode": None,
    "on_restart": OnRestart.FIRE,
}
"""What a plain rule, a plain action and their gates have."""


def shrunk(story: Story, wrong: Wrong) -> Story:
    """The story without all that it does not take to go wrong."""
    smaller = (each for each in _smaller(story) if each != story and wrong(each))
    found = next(smaller, None)
    return story if found is None else shrunk(found, wrong)


def _smaller(story: Story) -> Iterator[Story]:
    for place, (pause, what) in enumerate(story.steps):
        before, after = story.steps[:place], story.steps[place + 1 :]
        yield replace(story, steps=(*before, *after))
        if after:
            (wait, following), *others = after
            yield replace(story, steps=(*before, (pause + wait, following), *others))
        for other in _plainer(what):
            yield replace(story, steps=(*before, (pause, other), *after))
    for rule in _plainer_rules(story.rule):
        yield replace(story, rule=marked(rule))


def _plainer(what: What) -> Iterator[What]:
    if isinstance(what, Send):
        yield what._replace(offset=timedelta())
        yield what._replace(subject="a")
        yield what._replace(group="x")
        for name in what.says:
            yield what._replace(says={**what.says, name: False})
    elif isinstance(what, Load):
        yield from (Load(marked(rule)) for rule in _plainer_rules(what.rule))


def _plainer_rules(rule: Rule) -> Iterator[Rule]:
    for name, value in _RULE.items():
        yield replace(rule, **{name: value})
    for name, value in _GATES.items():
        yield replace(rule, gates=replace(rule.gates, **{name: value}))
    for place, action in enumerate(rule.actions):
        before, after = rule.actions[:place], rule.actions[place + 1 :]
        if before or after:
            yield replace(rule, actions=(*before, *after))
        for name, value in _ACTION.items():
            yield replace(rule, actions=(*before, replace(action, **{name: value}), *after))
        for name, value in _GATES.items():
            plainer = replace(action, gates=replace(action.gates, **{name: value}))
            yield replace(rule, actions=(*before, plainer, *after))


def shown(story: Story) -> str:
    """The story in lines: its rule, and each step with the pause before it."""
    lines = [f"{_rule(story.rule)}{' (with a source)' if story.has_source else ''}"]
    for number, (pause, what) in enumerate(story.steps, 1):
        lines.append(f"{number:3}. +{format_duration(pause)} {_told(what)}")
    return "\n".join(lines)


def _told(what: What) -> str:
    if isinstance(what, Load):
        return f"Load {_rule(what.rule)}"
    if not isinstance(what, Send):
        return str(what)
    says = (
        f"{name}{'' if truth else '=?'}" for name, truth in what.says.items() if truth is not False
    )
    own_time = f", its time {what.offset / timedelta(minutes=1):+} min" if what.offset else ""
    return f"Send {what.subject} of {what.group}{own_time}: {' '.join(says)}"


def _rule(rule: Rule) -> str:
    own = {"match": rule.match} | _differing(rule, _RULE) | _differing(rule.gates, _GATES)
    actions = [
        f"{each.name}({_written(_differing(each, _ACTION) | _differing(each.gates, _GATES))})"
        for each in rule.actions
    ]
    return f"rule({_written(own)}) {' '.join(actions)}"


def _differing(value: object, plain: Mapping[str, object]) -> dict[str, object]:
    return {name: getattr(value, name) for name in plain if getattr(value, name) != plain[name]}


def _written(values: Mapping[str, object]) -> str:
    return ", ".join(
        f"{name}={value.field if isinstance(value, Says) else value}"
        for name, value in values.items()
    )
