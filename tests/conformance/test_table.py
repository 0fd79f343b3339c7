"""The match language by its table: each row of the YAML files here is one test."""

from collections import Counter

import pytest

from reactor.config.node import plain
from reactor.engine.index import Matcher
from tests.conformance.rows import table

ROWS = table()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_condition_comes_out_as_the_table_says(row):
    truth = row.condition().evaluate(row.record)

    assert truth is row.expected


def test_the_compiled_matcher_says_the_same_of_every_row_and_every_event():
    conditions = [row.condition() for row in ROWS]
    matcher = Matcher(conditions)

    for record in [row.record for row in ROWS[::5]]:
        expected = [at for at, each in enumerate(conditions) if each.evaluate(record) is True]
        assert list(matcher.holding(record)) == expected


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_matcher_of_one_row_finds_it_when_it_is_true(row):
    matcher = Matcher([row.condition()])

    assert list(matcher.holding(row.record)) == ([0] if row.expected else [])


def test_the_table_is_long_and_no_row_is_in_it_twice():
    written = Counter((repr(plain(row.node)), repr(row.record), row.unless) for row in ROWS)

    assert len(ROWS) >= 400
    assert [row for row, count in written.items() if count > 1] == []
