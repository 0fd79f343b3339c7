"""A ruleset, compiled: which rules an event may match, at a cost that does not grow with them."""

from collections.abc import Sequence

from reactor.engine.index import Matcher
from reactor.model.event import Record
from reactor.model.rule import Rule, Ruleset


class CompiledRules:
    """The enabled rules of `ruleset`. Compiling takes up to half a second for 10,000 of them, and
    is done before they are needed. Not for several threads."""

    def __init__(self, ruleset: Ruleset) -> None:
        self.ruleset = ruleset
        named = {name for rule in ruleset.rules for name in rule.sources or ()}
        self._of_named = {name: _Heard(ruleset.rules, name) for name in named}
        self._of_others = _Heard(ruleset.rules, None)

    def possible(self, source: str, record: Record) -> Sequence[Rule]:
        """The rules that hear `source` and whose `match` is true of `record`, or could be if what
        `record.unknown` names were this or that; in the order of the file. Never raises."""
        return self._of_named.get(source, self._of_others).possible(record)


class _Heard:
    """The rules that hear one source; those without `source` hear each, None included."""

    def __init__(self, rules: Sequence[Rule], source: str | None) -> None:
        self._rules = [
            rule
            for rule in rules
            if rule.enabled and (rule.sources is None or source in rule.sources)
        ]
        self._matcher = Matcher([rule.match for rule in self._rules])

    def possible(self, record: Record) -> list[Rule]:
        return [self._rules[position] for position in self._matcher.possible(record)]
