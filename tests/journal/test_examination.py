"""Looking at a journal changes nothing in it, and finds what is wrong."""

from contextlib import closing

import pytest

from reactor.journal.database import open_writer
from reactor.journal.examination import examine
from reactor.model.errors import JournalUnavailable
from tests.service import eventually


def test_a_whole_journal_tells_its_version_and_its_size(tmp_path):
    open_writer(tmp_path).close()

    found = examine(tmp_path, 5.0)

    assert found.is_whole
    assert found.version > 0
    assert found.bytes >= (tmp_path / "reactor.db").stat().st_size


def test_where_there_is_none_that_is_an_error(tmp_path):
    with pytest.raises(JournalUnavailable, match="there is no journal"):
        examine(tmp_path, 5.0)


def test_what_is_damaged_inside_is_an_error(tmp_path):
    open_writer(tmp_path).close()
    file = tmp_path / "reactor.db"
    content = bytearray(file.read_bytes())
    content[4 * 4096 :] = b"\xff" * len(content[4 * 4096 :])
    file.write_bytes(content)

    with pytest.raises(JournalUnavailable, match="is damaged"):
        examine(tmp_path, 5.0)


def test_a_reading_that_takes_too_long_is_broken_off(tmp_path):
    with closing(open_writer(tmp_path)) as db:
        db.execute("create table filler (body blob)")
        db.execute(
            """
            insert into filler with recursive n(i) as
            (select 1 union all select i + 1 from n where i < 50000) select randomblob(500) from n
            """
        )

    eventually(lambda: not examine(tmp_path, 0.001).is_whole, "the alarm came in time")
