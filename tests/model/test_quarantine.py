"""Why an event cannot be decided."""

import pytest

from reactor.model.quarantine import Poison


@pytest.mark.parametrize(
    ("rule", "sentence"), [(None, "KeyError: 'a'"), ("crash", "rule 'crash': KeyError: 'a'")]
)
def test_the_rule_is_named_where_it_is_known(rule, sentence):
    assert Poison(why="KeyError: 'a'", trace="", rule=rule).sentence == sentence
