"""`reactor backup`: a copy beside the service, never over what is there."""

import re

from reactor.cli.backup import Percentage


def test_a_backup_is_a_journal_that_can_be_read(cli, journal, tmp_path):
    ran = cli("backup", "copy/reactor.db", "--data-dir", "data")
    assert ran.code == 1  # there is no such directory

    (tmp_path / "copy").mkdir()
    ran = cli("backup", "copy/reactor.db", "--data-dir", "data")
    assert ran.code == 0
    assert re.fullmatch(r"copy/reactor.db: \d+ bytes, checked\n", ran.out)
    assert ran.err == "100 %\n"
    listed = [cli("deliveries", "--data-dir", where).out for where in ("data", "copy")]
    assert listed[0] == listed[1] != ""


def test_what_is_there_stays_unless_it_is_to_be_replaced(cli, journal, tmp_path):
    (tmp_path / "precious").write_text("precious")

    ran = cli("backup", "precious", "--data-dir", "data")
    assert ran.code == 2
    assert "precious is there already" in " ".join(ran.err.split())
    assert (tmp_path / "precious").read_text() == "precious"

    assert cli("backup", "precious", "--data-dir", "data", "--force").code == 0
    assert (tmp_path / "precious").read_bytes().startswith(b"SQLite format 3")


def test_without_a_journal_there_is_none(cli, tmp_path):
    ran = cli("backup", "copy.db", "--data-dir", "data")

    assert ran.code == 1
    assert "there is no journal in data" in ran.err
    assert list(tmp_path.iterdir()) == []


def test_progress_is_told_at_every_tenth(capsys):
    percentage = Percentage()
    for done in range(1, 101):
        percentage.tell(done, 100)

    assert capsys.readouterr().err.split("\n")[:3] == ["10 %", "20 %", "30 %"]
