"""The event that a rule is tried on is read whole, from wherever it stands."""

import io
import json
import sys

import pytest

from reactor.cli.trial import WHY, event_in
from reactor.model.errors import ReactorError
from reactor.model.match import STORED_REASONS, Reason

FRAME = {"type": "container", "state": "Stopped", "uuid": "e-1"}


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "event.json"
        path.write_text(text)
        return str(path)

    return write


def test_a_frame_may_stand_on_many_lines(written):
    event = event_in(written(json.dumps(FRAME, indent=2)), "local")

    assert (event.id, event.source, event.data) == ("e-1", "local", FRAME)


def test_facts_stand_beside_the_frame_and_it_may_name_its_source(written):
    wrapped = {"event": FRAME, "facts": {"service.name": "web"}, "source": "cloud"}

    event = event_in(written(json.dumps(wrapped)), "local")

    assert (event.source, event.facts) == ("cloud", {"service": {"name": "web"}})


def test_standard_input_is_read_to_its_end(monkeypatch):
    # There is one standard input.
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(FRAME).encode())))

    assert event_in("-", "local").data == FRAME


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty, expected one event as JSON"),
        ("nonsense", "not JSON in UTF-8"),
        ("[1]", "JSON, but not an object"),
        ('{"event": 1}', "'event' and 'facts' are expected to be objects"),
        ("{}\n{}", "not JSON in UTF-8"),
    ],
)
def test_what_is_no_event_is_a_sentence(written, text, said):
    with pytest.raises(ReactorError, match=said):
        event_in(written(text), "local")


def test_a_missing_file_is_a_sentence():
    with pytest.raises(ReactorError, match=r"nowhere\.json cannot be read: No such file"):
        event_in("nowhere.json", "local")


def test_every_reason_why_a_rule_does_not_match_has_its_words():
    assert set(WHY) == set(Reason) - set(STORED_REASONS)
