"""Silences: kept, ended before their time, and over by themselves."""

import sqlite3
from datetime import timedelta

import pytest

from reactor.journal.silences import AddSilence, ExpireSilence, active, list_silences
from reactor.model.silence import StoredSilence
from tests.builders import NOON, replace

HOUR = timedelta(hours=1)
SILENCE = StoredSilence(
    id="silence-1",
    text="service.name=web",
    author="ada",
    comment="the move",
    created_at=NOON,
    expires_at=NOON + HOUR,
)
OTHER = replace(SILENCE, id="silence-2", expires_at=NOON + 2 * HOUR)


@pytest.fixture
def silenced(db):
    for each in (SILENCE, OTHER):
        AddSilence(each).apply(db)
    return db


def test_silences_come_back_as_they_were(silenced):
    assert list_silences(silenced) == active(silenced, NOON) == [SILENCE, OTHER]


def test_at_its_end_a_silence_holds_no_more(silenced):
    assert active(silenced, NOON + HOUR) == [OTHER]
    assert list_silences(silenced) == [SILENCE, OTHER]


def test_a_silence_can_be_ended_before_its_time(silenced):
    assert ExpireSilence(id="silence-1", at=NOON + HOUR / 2).apply(silenced) is True

    assert active(silenced, NOON) == [OTHER]
    assert list_silences(silenced)[0] == replace(SILENCE, ended_at=NOON + HOUR / 2)


def test_what_is_over_or_not_there_cannot_be_ended(silenced):
    ExpireSilence(id="silence-2", at=NOON).apply(silenced)

    assert ExpireSilence(id="silence-1", at=NOON + HOUR).apply(silenced) is False
    assert ExpireSilence(id="silence-2", at=NOON).apply(silenced) is False
    assert ExpireSilence(id="silence-3", at=NOON).apply(silenced) is False


def test_an_id_names_one_silence(silenced):
    with pytest.raises(sqlite3.IntegrityError):
        AddSilence(SILENCE).apply(silenced)
