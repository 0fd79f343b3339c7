"""Rules of the bench, read as reactor reads a rule file."""

from bench.mix import rule_file
from bench.process import workplace
from reactor.actions import ACTIONS
from reactor.config.ruleset import Resolve, load_ruleset
from reactor.model.rule import Ruleset
from reactor.sources import SOURCES


def ruleset(rules: str) -> Ruleset:
    """What a rule file with these items of `rules:` means."""
    with workplace() as folder:
        path = folder / "rules.yaml"
        path.write_text(rule_file(rules, fifo="/dev/null", sink_port=9))
        loaded = load_ruleset(
            path, environment={}, sources=SOURCES, actions=ACTIONS, resolve=Resolve.ALL
        )
    return loaded.ruleset
