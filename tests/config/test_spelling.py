import pytest

from reactor.config.spelling import near
from reactor.model.platform import FRAME_FIELDS, OBJECT_FACTS, STATES


@pytest.mark.parametrize(
    ("word", "known", "meant"),
    [
        ("stopped", STATES["container"], "Stopped"),
        ("STOPPED", STATES["container"], "Stopped"),
        ("Stoped", STATES["container"], "Stopped"),
        ("Partially running", STATES["service"], "Partly running"),
        ("Not Running", STATES["service"], "Not running"),
        ("not-running", STATES["stack"], "Not running"),
        ("in_progress", STATES["action"], "In progress"),
        ("Exploded", STATES["container"], None),
        ("exited", STATES["container"], None),
        ("sevice", FRAME_FIELDS, "service"),
        ("services", FRAME_FIELDS, "service"),
        ("Type", FRAME_FIELDS, "type"),
        ("resouce_uri", FRAME_FIELDS, "resource_uri"),
        ("resourceUri", FRAME_FIELDS, "resource_uri"),
        ("lables", FRAME_FIELDS, "labels"),
        ("parent", FRAME_FIELDS, "parents"),
        ("node_cluster", FRAME_FIELDS, "nodecluster"),
        ("exitcode", OBJECT_FACTS["container"], "exit_code"),
        ("exit-code", OBJECT_FACTS["container"], "exit_code"),
        ("exitCode", OBJECT_FACTS["container"], "exit_code"),
        ("start_datetime", OBJECT_FACTS["container"], "started_datetime"),
        ("target_num_container", OBJECT_FACTS["service"], "target_num_containers"),
        ("", FRAME_FIELDS, None),
        ("---", FRAME_FIELDS, None),
    ],
)
def test_a_word_is_taken_for_a_name_that_differs_little(word, known, meant):
    assert near(word, known) == meant


INNOCENT = """
alert app attributes branch cluster code count description details device email env environment
event event_type host hostname id image ip kind level message metric mode name namespace note path
payload pod priority project region repository route score section sender server severity stage
status subject tags team tenant text time timestamp title topic url user value version zone
"""


@pytest.mark.parametrize("word", INNOCENT.split())
def test_a_name_of_its_own_is_taken_for_none_of_an_event(word):
    assert near(word, FRAME_FIELDS) is None


@pytest.mark.parametrize(
    "word",
    [
        "age",
        "architecture",
        "cpu",
        "hash",
        "health",
        "ip",
        "os",
        "platform",
        "ports",
        "size",
        "tier",
    ],
)
def test_a_name_of_its_own_is_taken_for_none_of_an_object(word):
    assert [kind for kind, facts in OBJECT_FACTS.items() if near(word, set(facts) - {word})] == []


def test_how_alike_words_must_be_can_be_told():
    assert near("containers", ["contains"]) == "contains"
    assert near("containers", ["contains"], alike=0.9) is None
    assert near("contain", ["contains"], alike=0.9) == "contains"
