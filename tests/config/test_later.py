import pytest

from reactor.actions import ACTIONS
from reactor.config import later
from reactor.config.settings import DESTINATIONS
from reactor.sources import SOURCES


@pytest.mark.parametrize(
    ("words", "known"),
    [
        (later.ACTION_TYPES, ACTIONS),
        (later.SOURCE_TYPES, SOURCES),
        (later.DESTINATION_TYPES, DESTINATIONS),
    ],
)
def test_no_word_is_both_known_and_of_a_later_version(words, known):
    assert not words & set(known)
