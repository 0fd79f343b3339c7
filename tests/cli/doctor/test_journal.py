"""A journal is looked at, whole, damaged, held or not there at all."""

import os
from pathlib import Path

import pytest

from reactor.cli.doctor.finding import Status
from reactor.cli.doctor.journal import judge_contents, judge_sqlite, look_at_journal
from reactor.journal.examination import Examination
from reactor.journal.lock import Lock
from tests.cli.doctor.powers import powerless

SECONDS = 5.0


def looked_at(data_dir):
    return {each.name: each for each in look_at_journal(data_dir, SECONDS)}


def test_a_whole_journal_that_nobody_holds_is_well(journal):
    found = looked_at(journal)

    assert {each.status for each in found.values()} == {Status.OK}
    assert found["journal"].detail.endswith(" MiB, whole")
    assert found["lock"].detail == "free: no service runs on this journal"


def test_who_holds_it_is_named(journal):
    lock = Lock.acquire(journal, "reactor run")

    assert f"held by 'reactor run' (pid {os.getpid()}, since " in looked_at(journal)["lock"].detail
    lock.release()


@pytest.mark.parametrize("there", [True, False])
def test_where_there_is_none_yet_run_begins_it(tmp_path, there):
    data_dir = tmp_path if there else tmp_path / "data"

    assert (
        looked_at(data_dir)["journal"].detail == f"none in {data_dir} yet: `reactor run` begins it"
    )


def test_a_damaged_one_says_what_to_do(journal):
    file = journal / "reactor.db"
    file.write_bytes(b"SQLite format 3\0" + b"\1" * (file.stat().st_size - 16))

    found = looked_at(journal)["journal"]

    assert found.code == 1
    assert "is damaged" in found.detail
    assert "backup" in found.remedy


def test_a_page_that_is_damaged_inside_is_found(journal):
    file = journal / "reactor.db"
    content = bytearray(file.read_bytes())
    content[8192:] = b"\xff" * len(content[8192:])
    file.write_bytes(content)

    found = looked_at(journal)["journal"]

    assert found.status is Status.FAILED
    assert found.remedy


def test_one_that_we_may_not_read_asks_for_another_user(journal):
    journal.chmod(0)
    with powerless():
        found = looked_at(journal)
    journal.chmod(0o700)

    assert found["journal"].detail == f"{journal}/reactor.db: Permission denied"
    assert found["journal"].remedy == "run as the user of the service, or as root"


def test_one_that_is_too_large_for_the_time_is_a_doubt():
    found = judge_contents(Path("data"), Examination(version=9, bytes=2**30, is_whole=False), 5.0)

    assert found.status is Status.WARNING
    assert found.detail == "data/reactor.db, version 9, 1024.0 MiB, not read to its end within 5 s"


@pytest.mark.parametrize(
    ("version", "told"),
    [
        ((3, 51, 3), "3.51.3"),
        ((3, 52, 0), "3.52.0"),
        ((3, 40, 1), "3.40.1: before 3.51.3 connections that checkpoint at once can lose commits"),
    ],
)
def test_an_old_library_is_told_and_is_no_trouble(version, told):
    found = judge_sqlite(version)

    assert found.status is Status.OK
    assert found.detail.partition(";")[0] == told
