"""Evidence is wished for by name, by rules that hear the source, and by nothing else."""

import pytest

from reactor.actions import ACTIONS
from reactor.engine.evidence import wished
from reactor.engine.selector import parse_path
from reactor.model.platform import EVIDENCE
from tests.builders import Says, a_rule, an_action
from tests.config.loading import one_rule


def wishes(*rules, source="local"):
    return wished(EVIDENCE, rules, ACTIONS, source=source)


@pytest.mark.parametrize(
    "keys",
    [
        "match: {container.log_tail: {contains: panic}}",
        "match: {container: {log_tail: {contains: panic}}}",
        "match: {any: [{state: Stopped}, {$.container.log_tail: x}]}",
        "unless: {container.log_tail: {contains: bye}}",
        "group_by: container.log_tail",
        'actions: [{slack: ops, text: "{{ container.log_tail }}"}]',
        "actions: [{slack: ops, text: '{{ container[\"log_tail\"] | truncate(9) }}'}]",
        'actions: [{slack: ops, text: "{{ event.facts.container.log_tail }}"}]',
        "actions: [{log: info, if: {container.log_tail: {exists: true}}}]",
        "actions: [{webhook: 'http://127.0.0.1:9/', body: {tail: '{{ container.log_tail }}'}}]",
    ],
)
def test_whatever_part_of_a_rule_names_it_wishes_for_it(tmp_path, keys):
    assert wishes(one_rule(tmp_path, keys)) == {"log_tail"}


@pytest.mark.parametrize(
    "keys",
    [
        "match: {container.exit_code: 1}",
        "match: {log_tail: x}",
        "match: {service.log_tail: x}",
        'actions: [{slack: ops, text: "{{ container }}"}]',
        'actions: [{slack: ops, text: "{{ container.name }}: {{ event.facts.container }}"}]',
        "actions: [{webhook: 'http://127.0.0.1:9/'}]",
        'actions: [{slack: ops, enabled: false, text: "{{ container.log_tail }}"}]',
        "match: {container.log_tail: x}\nenabled: false",
    ],
)
def test_what_does_not_name_it_does_not(tmp_path, keys):
    assert wishes(one_rule(tmp_path, keys)) == frozenset()


def test_only_rules_that_hear_the_source_are_asked():
    tail = a_rule(group_by=(parse_path("container.log_tail"),), sources=("local", "other"))
    probe = a_rule(group_by=(parse_path("container.health_log"),), sources=("other",))

    assert wishes(tail, probe) == {"log_tail"}
    assert wishes(tail, probe, source="other") == {"log_tail", "health_log"}
    assert wishes(tail, probe, source="third") == frozenset()


def test_a_source_that_gathers_nothing_is_asked_for_nothing():
    rule = a_rule(match=Says(), actions=(an_action(type="no such type"),))

    assert wished((), [rule], ACTIONS, source="local") == frozenset()
