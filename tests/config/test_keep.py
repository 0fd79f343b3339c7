"""`keep`: one span for the events, or one for each; what fired is never kept shorter."""

from datetime import timedelta

import pytest

from reactor.config.load import read_written
from reactor.config.ruleset import Resolve
from reactor.model.errors import RulesInvalid
from reactor.model.rule import Keep
from tests.config.loading import load, load_text, mistakes

RULE = "rules: [{name: a, match: {state: Stopped}, actions: [{log: info}]}]\n"
DAY = timedelta(days=1)


def days(events, deliveries, dead_letters):
    return Keep(events=events * DAY, deliveries=deliveries * DAY, dead_letters=dead_letters * DAY)


@pytest.mark.parametrize(
    ("text", "keep"),
    [
        ("", days(30, 90, 90)),
        ("keep: 30d\n", days(30, 90, 90)),
        ("keep: 7d\n", days(7, 21, 21)),  # 3 x 7
        ("keep: {}\n", days(30, 90, 90)),
        ("keep: {events: 7d}\n", days(7, 21, 21)),
        ("keep: {dead_letters: 365d}\n", days(30, 90, 365)),
        ("keep: {events: 7d, deliveries: 7d}\n", days(7, 7, 7)),
        ("keep: {events: 1d, deliveries: 2d, dead_letters: 3d}\n", days(1, 2, 3)),
        ("keep: ${KEEP:-2d}\n", days(2, 6, 6)),
    ],
)
def test_what_is_left_out_follows_from_what_is_there(tmp_path, text, keep):
    assert load_text(tmp_path, text + RULE).ruleset.keep == keep


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("30", "1:7: 'keep' is 30, expected a duration such as"),
        ("59m", "1:7: 'keep' is \"59m\", expected at least 1h"),
        ("{events: 59m}", "1:16: 'events' is \"59m\", expected at least 1h"),
        ("{events: 2d, deliveries: 1d}", "expected at least as long as 'events'"),
        ("{deliveries: 1d}", "1:20: 'deliveries' is \"1d\", expected at least as long as 'events'"),
        ("{dead_letters: 80d}", "is \"80d\", expected at least as long as 'deliveries'"),
        ("{event: 1d}", "1:8: unknown key 'event' (did you mean 'events'?)"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path, value, message):
    assert message in mistakes(tmp_path, f"keep: {value}\n{RULE}")


def test_only_one_of_several_files_has_it(tmp_path):
    folder = tmp_path / "rules.yaml"
    folder.mkdir()
    for name in ("a.yaml", "b.yaml"):
        (folder / name).write_text("keep: 30d\n" + (RULE if name == "a.yaml" else ""))

    with pytest.raises(RulesInvalid, match=r"b.yaml:1:1: 'keep' is there twice, first at "):
        load(folder)


def test_it_is_shown_as_it_is_written(tmp_path):
    shown = load_text(tmp_path, "keep: {events: 7d}\n" + RULE).ruleset.text

    assert read_written(shown)["keep"] == {"events": "7d"}


def test_offline_it_may_be_missing(tmp_path):
    assert load_text(tmp_path, "keep: ${KEEP}\n" + RULE, {}, Resolve.RULES).ruleset.keep == Keep()
