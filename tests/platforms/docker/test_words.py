from datetime import timedelta

import pytest

from reactor.model.platform import STATES
from reactor.platforms.docker.words import age_text, container_state, node_state, task_state


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("created", "Starting"),
        ("running", "Running"),
        ("paused", "Running"),
        ("restarting", "Stopped"),
        ("exited", "Stopped"),
        ("dead", "Stopped"),
        ("removing", "Terminating"),
        ("configured", "Starting"),
        ("initialized", "Starting"),
        ("stopping", "Stopping"),
        ("stopped", "Stopped"),
    ],
)
def test_a_containers_state_in_the_platforms_words(word: str, state: str) -> None:
    assert container_state(word, is_up=False) == state
    assert state in STATES["container"]


def test_a_word_that_we_never_heard_leaves_the_question_whether_it_runs() -> None:
    assert container_state("hibernating", is_up=True) == "Running"
    assert container_state("hibernating", is_up=False) == "Stopped"


@pytest.mark.parametrize(
    ("words", "state"),
    [
        ("new pending assigned accepted preparing ready starting", "Starting"),
        ("running", "Running"),
        ("complete shutdown failed rejected orphaned", "Stopped"),
        ("remove", "Terminating"),
    ],
)
def test_a_tasks_state_in_the_platforms_words(words: str, state: str) -> None:
    assert {task_state(word) for word in words.split()} == {state}


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("ready", "Deployed"),
        ("down", "Unreachable"),
        ("disconnected", "Unreachable"),
        ("unknown", "Deploying"),
    ],
)
def test_a_nodes_state_in_the_platforms_words(word: str, state: str) -> None:
    assert node_state(word) == state
    assert state in STATES["node"]


@pytest.mark.parametrize(
    ("age", "written"),
    [
        (timedelta(seconds=-5), "Less than a second"),  # the clocks differ
        (timedelta(seconds=0.9), "Less than a second"),
        (timedelta(seconds=1), "1 second"),
        (timedelta(seconds=59.9), "59 seconds"),
        (timedelta(seconds=60), "About a minute"),
        (timedelta(minutes=59, seconds=59), "59 minutes"),
        (timedelta(minutes=60), "About an hour"),
        (timedelta(minutes=89), "About an hour"),
        (timedelta(minutes=90), "2 hours"),  # rounded
        (timedelta(hours=47), "47 hours"),
        (timedelta(hours=48), "2 days"),
        (timedelta(days=13), "13 days"),
        (timedelta(days=14), "2 weeks"),
        (timedelta(days=59), "8 weeks"),
        (timedelta(days=60), "2 months"),
        (timedelta(days=729), "24 months"),
        (timedelta(days=731), "2 years"),
    ],
)
def test_ages_are_written_as_the_engine_does(age: timedelta, written: str) -> None:
    assert age_text(age) == written
