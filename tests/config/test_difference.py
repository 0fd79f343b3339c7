"""What a reload is said to change: names and keys, never a value."""

import pytest

from reactor.config.difference import difference, in_words
from tests.config.loading import load, load_text

RULES = """\
sources:
  lines: {type: file, path: a.jsonl}
destinations:
  ops: {type: webhook, url: "http://h/one", secret: first}
rules:
  - name: a
    match: {state: Stopped}
    actions: [{webhook: ops}]
  - name: b
    match: {state: Running}
    throttle: 1 per 5m
    actions: [{log: info}]
"""


@pytest.fixture
def told(tmp_path):
    """In words, what these changes of the text make."""

    def tell(*changes, before=RULES, environment=None):
        after = before
        for old, new in changes:
            assert old in after
            after = after.replace(old, new)
        found = [load_text(tmp_path, text, environment).ruleset for text in (before, after)]
        return in_words(difference(*found))

    return tell


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ([], "nothing changed"),
        ([("rules:", "# a comment\nrules:")], "nothing changed"),
        ([("1 per 5m", "{count: 1, per: 5m}")], "nothing changed"),
        ([("1 per 5m", "2 per 5m")], "rules: changed 'b' (throttle)"),
        ([("    throttle: 1 per 5m\n", "")], "rules: changed 'b' (throttle)"),
        ([("state: Stopped", "state: [Stopped]"), ("webhook: ops", "log: info")],
         "rules: changed 'a' (match, actions)"),
        ([("name: a", "name: c")], "rules: added 'c', removed 'a'"),
        ([("a.jsonl", "b.jsonl")], "sources: changed 'lines' (path)"),
        ([("path: a.jsonl", "path: a.jsonl, follow: true")], "sources: changed 'lines' (follow)"),
        ([("  lines:", "  other:")], "sources: added 'other', removed 'lines'"),
        ([("http://h/one", "http://h/two")], "destinations: changed 'ops' (url)"),
        ([("secret: first", "secret: first, ca: ca.pem, deny: 10.0.0.0/8")],
         "destinations: changed 'ops' (ca, deny)"),
        # A secret is masked in the effective text; that it is another is told, and not which.
        ([("secret: first", "secret: second")], "destinations: changed 'ops' (secret)"),
        ([("match: {state: Running}", "match: {state: Running}\n    for: 2m")],
         "rules: changed 'b' (for)"),
        ([("throttle: 1 per 5m", "after: 1 within 5m")], "rules: changed 'b' (throttle, after)"),
        ([("rules:", "time_intervals: {n: {days: mon-wed}}\nrules:")],
         "time_intervals: added 'n'"),
        ([("rules:", "heartbeat: {url: 'http://h'}\nrules:")], "another heartbeat"),
        ([("rules:", "keep: 7d\nrules:")], "another retention"),
        ([("rules:", "keep: 30d\nrules:")], "nothing changed"),
        ([("sources:", "sources:\n  local: {type: docker}"), ("rules:", "hub: {}\nrules:")],
         "sources: added 'local'; another hub"),
    ],
)  # fmt: skip
def test_a_change_in_words(told, changes, words):
    assert told(*changes) == words


INTERVALS = "time_intervals: {n: {days: mon-wed, to: '04:00'}}\n" + RULES


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ([("mon-wed", "[monday, tue, wed]")], "nothing changed"),
        ([("'04:00'", "'05:00', timezone: Europe/Oslo")],
         "time_intervals: changed 'n' (to, timezone)"),
        ([("days: mon-wed, to: '04:00'", "cron: 0 2 * * *, for: 2h")],
         "time_intervals: changed 'n' (days, to, cron, for)"),
        ([("{n:", "{m:")], "time_intervals: added 'm', removed 'n'"),
    ],
)  # fmt: skip
def test_a_change_of_time_intervals_in_words(told, changes, words):
    assert told(*changes, before=INTERVALS) == words


def test_several_sections_are_told_in_order(told):
    assert told(("a.jsonl", "b.jsonl"), ("name: a", "name: c"), ("h/one", "h/two")) == (
        "rules: added 'c', removed 'a'; sources: changed 'lines' (path); "
        "destinations: changed 'ops' (url)"
    )


def test_rules_in_another_order_are_told(told, tmp_path):
    one, two = RULES.split("rules:\n")[1].split("  - name: b")
    swapped = ("rules:\n" + one + "  - name: b" + two, "rules:\n  - name: b" + two + one)

    assert told(swapped) == "rules in another order"


def test_a_secret_of_a_rule_with_another_value_is_told_by_its_reference(tmp_path):
    secret = tmp_path / "token"
    text = RULES.replace("{webhook: ops}", "{webhook: ops, body: 'x ${file:token}'}")
    found = []
    for value in ("one", "two"):
        secret.write_text(value)
        found.append(load_text(tmp_path, text).ruleset)

    assert in_words(difference(*found)) == "other values: ${file:token}"


def test_of_many_names_the_first_are_told(told):
    more = "".join(
        f"  - {{name: n{n}, match: {{x: 1}}, actions: [{{log: info}}]}}\n" for n in range(12)
    )

    assert told(("  - name: a\n", f"{more}  - name: a\n")).endswith("'n8', 'n9' and 2 more")


def test_a_large_rule_set_is_compared_whole(tmp_path):
    """More values than one file may have, from a directory."""
    folder = tmp_path / "rules.yaml"
    folder.mkdir()
    rule = "  - {{name: '{0}', match: {{state: {1}}}, actions: [{{log: info, text: '{2}'}}]}}\n"
    for part in range(3):
        rules = "".join(rule.format(f"{part}-{n}", "Stopped", "t") for n in range(2000))
        (folder / f"{part}.yaml").write_text(f"rules:\n{rules}")
    before = load(folder).ruleset
    (folder / "0.yaml").write_text(rule.format("0-0", "other", "t").join(["rules:\n", ""]))

    words = in_words(difference(before, load(folder).ruleset))
    assert words.startswith("rules: removed '0-1', ")
    assert words.endswith("and 1989 more, changed '0-0' (match)")
