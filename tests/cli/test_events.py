"""`reactor events` shows what the sources bring, as it comes."""

import json
import signal
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.cli.program import Program
from tests.fake_engine import docker_event, fake_engine
from tests.hub.process import HubProcess
from tests.hub.served import KEY, USER, basic
from tests.sources.cloud import fake_cloud

WEB = "/api/app/v1/service/0b0e7d0a-6f7d-4c1c-8a53-1f5d3e7b0a11/"
SHOP = "/api/app/v1/stack/7d6696b7-fbaf-471d-8e6b-ce7052586c24/"
FRAMES = [
    {"type": "service", "action": "update", "state": "Running", "resource_uri": WEB},
    {"type": "container", "state": "Stopped", "parents": [SHOP, WEB], "uuid": "e-1"},
    {"type": "container", "state": "Running", "parents": [SHOP], "uuid": "e-2"},
    {"type": "stack", "state": "Running", "resource_uri": SHOP, "datetime": "2030-01-01T00:00:00Z"},
]


@pytest.fixture
def recorded(tmp_path):
    """A rule file with a source of four frames and one line that is none."""
    lines = [*map(json.dumps, FRAMES), "nonsense"]
    (tmp_path / "events.jsonl").write_text("\n".join(lines))
    (tmp_path / "rules.yaml").write_text(
        "sources: {recorded: {type: file, path: events.jsonl}, other: {type: file, path: none}}\n"
        "rules: [{name: a, match: {x: 1}, actions: [{log: info}]}]\n"
    )


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ((), [0, 1, 2, 3]),
        (("--type", "container"), [1, 2]),
        (("--type", "container,stack"), [1, 2, 3]),
        (("--type", "service", "--type", "stack"), [0, 3]),
        (("--type", "node"), []),
        (("--object", WEB), [0]),
        (("--object", f"{WEB},{SHOP}"), [0, 3]),
        (("--object", WEB.rstrip("/")), [0]),
        (("--parent", SHOP), [1, 2]),
        (("--parent", WEB, "--parent", SHOP), [1, 2]),
        (("--parent", SHOP, "--type", "container", "--object", WEB), []),
    ],
)
def test_filters_are_any_within_and_all_between_and_json_is_the_frame(
    cli, recorded, options, shown
):
    ran = cli("events", "--source", "recorded", "--json", *options)

    assert ran.code == 0
    assert ran.objects == [FRAMES[number] for number in shown]
    assert "source recorded: refused a frame: not JSON in UTF-8" in ran.err


def test_a_line_for_people_has_time_kind_state_and_subject(cli, recorded):
    ran = cli("events", "--source", "recorded", "--type", "stack")

    assert ran.lines == [f"2030-01-01T00:00:00.000000Z  stack Running  {SHOP}"]


def test_docker_needs_no_rules_and_its_names_are_shown(tmp_path):
    with (
        fake_engine() as engine,
        Program(
            tmp_path, "events", "--source", "docker", environment={"DOCKER_HOST": engine.url}
        ) as tail,
    ):
        engine.say(docker_event(exitCode="7"))
        line = tail.out.hears("container")
        tail.err.hears(f"source docker: connected to Docker Engine 20.10.24 at {engine.url}")
        tail.send(signal.SIGINT)

        assert tail.ended() == 0

    assert "Stopped" in line
    assert "container=web-1" in line


@pytest.fixture(scope="module")
def hub():
    """A Docker Cloud of its own."""
    with HubProcess() as running:
        yield running


def old_variables(hub, **others):
    """The environment of the old tools."""
    address = "{}:{}".format(*hub.address)
    return {
        "DOCKERCLOUD_STREAM_HOST": f"ws://{address}/",
        "DOCKERCLOUD_REST_HOST": f"http://{address}/",
        "DOCKERCLOUD_USER": USER,
        "DOCKERCLOUD_APIKEY": KEY,
        **others,
    }


def crashes_until_seen(hub, tail):
    """The first frame of a crash, and the one behind it. A container that crashed is restarted."""
    tail.err.hears("source dockercloud: connected to Docker Cloud at ws://127.0.0.1:")
    crashed = hub.do("crash", service="web", exit_code=3)["crashed"]
    return crashed, json.loads(tail.out.hears(crashed, "Stopped"))


def test_docker_cloud_needs_no_rules_and_shows_its_frames_as_they_came(tmp_path, hub):
    words = ("events", "--source", "dockercloud", "--json")
    with Program(tmp_path, *words, environment=old_variables(hub)) as tail:
        crashed, frame = crashes_until_seen(hub, tail)
        tail.out.hears('"type":"service"', "Partly running")
        tail.send(signal.SIGINT)

        assert tail.ended() == 0

    assert list(frame) == [
        *("type", "action", "parents", "resource_uri", "state", "uuid", "datetime"),
    ]
    assert frame["resource_uri"] == f"/api/app/v1/acme/container/{crashed}/"
    assert not any("inferred" in line for line in tail.out.all())


def test_the_whole_header_and_a_namespace_can_come_from_the_environment(tmp_path, hub):
    variables = old_variables(
        hub,
        DOCKERCLOUD_AUTH=basic(USER, KEY),
        DOCKERCLOUD_APIKEY="wrong, and not asked",
        DOCKERCLOUD_NAMESPACE="acme",
    )
    words = ("events", "--source", "dockercloud", "--json", "--type", "container")
    with Program(tmp_path, *words, environment=variables) as tail:
        crashes_until_seen(hub, tail)
        tail.send(signal.SIGINT)

        assert tail.ended() == 0

    assert {json.loads(line)["type"] for line in tail.out.all()} == {"container"}


@pytest.fixture
def cloud(monkeypatch):
    """A Docker Cloud that does as the test says, in the environment as the old tools read it."""
    with fake_cloud() as running:
        # Where its users put these.
        monkeypatch.setenv("DOCKERCLOUD_STREAM_HOST", f"ws://{running.address}")
        monkeypatch.setenv("DOCKERCLOUD_REST_HOST", f"http://{running.address}")
        monkeypatch.setenv("DOCKERCLOUD_AUTH", basic(USER, "wrong"))
        yield running


def test_the_filter_goes_to_the_server(cli, cloud):
    cloud.status = "401 Unauthorized"

    cli("events", "--source", "dockercloud", "--type", "container, stack", "--parent", WEB)

    [(path, _)] = cloud.upgrades
    assert parse_qs(urlsplit(path).query) == {"type": ["container,stack"], "parent": [WEB]}


@pytest.mark.parametrize(
    ("status", "frame", "why"),
    [
        ("401 Unauthorized", {}, "127.0.0.1 refuses our credentials: 401 Unauthorized"),
        (
            "",  # it lets us in, and tells us then
            {"type": "error", "data": {"errorMessage": "UNAUTHORIZED"}},
            "the stream refuses our credentials: UNAUTHORIZED",
        ),
    ],
)
def test_refused_credentials_end_it_with_clear_words(cli, cloud, status, frame, why):
    cloud.status = status
    cloud.say(frame)

    ran = cli("events", "--source", "dockercloud")

    assert (ran.code, ran.out) == (5, "")
    assert ran.err.splitlines()[-1] == f"reactor: {why}"


def test_without_credentials_it_says_where_they_can_be_put(cli):
    ran = cli("events", "--source", "dockercloud")

    assert (ran.code, ran.out) == (5, "")
    assert ran.err.startswith("reactor: no credentials: set 'user' and 'apikey'")
    assert "DOCKERCLOUD_USER and DOCKERCLOUD_APIKEY" in ran.err


@pytest.mark.parametrize(
    ("host", "why"),
    [
        (
            "unix:///nowhere",
            "no such socket (is the engine running? host: or DOCKER_HOST names another)",
        ),
        (
            "ftp://127.0.0.1",
            "expected unix:///PATH, tcp://HOST:PORT, https://HOST:PORT or ssh://USER@HOST",
        ),
    ],
)
def test_an_engine_out_of_reach_is_one_sentence(cli, monkeypatch, host, why):
    monkeypatch.setenv("DOCKER_HOST", host)  # where the client library's users put it

    ran = cli("events", "--source", "docker")

    assert (ran.code, ran.err.count("\n")) == (5, 1)
    assert ran.err.startswith(f"reactor: {host}: ")
    assert ran.err.endswith(f"{why}\n")


def test_a_source_out_of_reach_does_not_hide_the_others(cli, recorded, tmp_path):
    with Program(tmp_path, "events", "--type", "stack") as tail:
        tail.out.hears("stack Running")
        tail.err.hears("source other: no connection: none: no such file; trying again")
        tail.send(signal.SIGINT)

        assert tail.ended() == 0


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("rules: []", (), "rules.yaml has no sources; name one with --source docker"),
        (None, (), "name one, or see this machine's containers with --source docker"),
        (
            "sources: {local: {type: docker}, f: {type: file, path: x}}",
            ("--source", "lokal"),
            "no source 'lokal' in rules.yaml; it has local, f",
        ),
        (
            "sources: {ci: {type: webhook, token: x}, f: {type: file, path: x}}",
            ("--source", "ci"),
            "what is posted to a webhook, only `reactor run` is told",
        ),
    ],
)
def test_no_source_to_show_is_a_usage_error_that_says_what_there_is(
    cli, tmp_path, text, options, said
):
    if text:
        rule = "rules: [{name: a, match: {x: 1}, actions: [{log: info}]}]\n"
        (tmp_path / "rules.yaml").write_text(text.replace("rules: []", "") + "\n" + rule)

    ran = cli("events", *options)

    assert (ran.code, ran.out) == (2, "")
    assert said in " ".join(ran.err.split())
