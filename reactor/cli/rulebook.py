"""The rule file of a running service: read at start, and again when asked for or changed."""

import os
from dataclasses import replace
from pathlib import Path

from reactor.actions import ACTIONS
from reactor.app import Service
from reactor.cli.output import counted
from reactor.cli.places import read_rules
from reactor.cli.story import Story
from reactor.config.difference import difference, in_words
from reactor.config.ruleset import Resolve, load_ruleset
from reactor.config.watch import fingerprint
from reactor.model.errors import ReactorError, RulesInvalid
from reactor.model.rule import Ruleset
from reactor.sources import SOURCES


class Rulebook:
    """The rules at `path`, which are all in shadow when it `is_dry`. Raises RulesInvalid.

    `ruleset` is what was read last without a mistake, `seen` what was read last.
    """

    def __init__(self, path: Path, *, is_dry: bool) -> None:
        self.path, self._is_dry = path, is_dry
        self.seen = fingerprint(path)
        self.ruleset = self._dried(read_rules(path, Resolve.ALL))

    def _dried(self, ruleset: Ruleset) -> Ruleset:
        return shadowed(ruleset) if self._is_dry else ruleset

    def is_outdated(self) -> bool:
        """Whether the file holds something else than what was read last."""
        return fingerprint(self.path) != self.seen

    def reload(self, service: Service, story: Story) -> None:
        """Read the file again; with any mistake in it, everything stays as it is."""
        self.seen = fingerprint(self.path)
        try:
            self._adopt(service, story)
        except RulesInvalid as fault:
            for problem in fault.problems:
                story.warn(str(problem))
            self._keep(service, story, counted(len(fault.problems), "problem"))
        except ReactorError as fault:
            self._keep(service, story, str(fault))

    def _adopt(self, service: Service, story: Story) -> None:
        loaded = load_ruleset(
            self.path, environment=os.environ, sources=SOURCES, actions=ACTIONS, resolve=Resolve.ALL
        )
        for warning in loaded.warnings:
            story.warn(str(warning))
        ruleset = self._dried(loaded.ruleset)
        changes, done = difference(self.ruleset, ruleset), service.reload(ruleset)
        self.ruleset = ruleset
        story.notice(f"reloaded: {in_words(changes)}; {done}")

    def _keep(self, service: Service, story: Story, why: str) -> None:
        service.refuse_reload()
        story.warn(f"not reloaded, the old rules stay: {why}")


def shadowed(ruleset: Ruleset) -> Ruleset:
    """The same rules, deciding as ever and sending nothing, not even a heartbeat. No hub is served:
    its clients could change things, and it may be served already by who is to be tried against."""
    rules = tuple(replace(rule, shadow=True) for rule in ruleset.rules)
    return replace(ruleset, rules=rules, heartbeat=None, hub=None)
