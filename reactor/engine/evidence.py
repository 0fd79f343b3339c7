"""What the rules want to see beside the facts that cost nothing. Pure."""

from collections.abc import Collection, Iterable, Mapping

from reactor.engine.lookups import references_of
from reactor.model.lookup import Reference
from reactor.model.protocols import ActionType
from reactor.model.rule import Rule


def wished(
    names: Collection[str],
    rules: Iterable[Rule],
    actions: Mapping[str, ActionType],
    *,
    source: str,
) -> frozenset[str]:
    """Of these facts of a container, those that enabled rules which hear `source` speak of by name.
    What speaks of the whole container wants none of them."""
    if not names:  # as of most sources: rules may be many
        return frozenset()
    hearing = [rule for rule in rules if rule.enabled and source in (rule.sources or (source,))]
    spoken_of = {each for rule in hearing for each in references_of(rule, actions)}
    return frozenset(name for name in names if Reference("container", name) in spoken_of)
