"""The SDK that people wrote their programs with hears a simulated fleet through the hub."""

import json
import socket
from contextlib import ExitStack, closing

import pytest
import requests
from websocket import create_connection

from tests.cli.program import Program
from tests.delivery.certificates import Certificates
from tests.fakes import PATIENCE
from tests.hub.process import HubProcess
from tests.hub.served import EVENTS, KEY, USER, basic
from tests.live import sdk
from tests.live.conftest import unavailable

FIELDS = {"type", "action", "parents", "resource_uri", "state", "uuid", "datetime"}


@pytest.fixture(scope="module", autouse=True)
def installed():
    try:
        sdk.install()
    except sdk.SdkUnavailable as error:
        unavailable(str(error))


@pytest.fixture(scope="module")
def hub():
    with HubProcess() as hub:
        yield hub


@pytest.fixture(scope="module")
def ask(hub):
    """The REST API, asked without the SDK: on Python 3 its own half of that is broken."""
    with requests.Session() as session:
        session.auth = (USER, KEY)

        def ask(method, path):
            url = "http://{}:{}".format(*hub.address) + path
            answer = session.request(method, url, timeout=PATIENCE)
            answer.raise_for_status()
            return answer

        yield ask


@pytest.fixture
def listen(hub, tmp_path):
    """Starts the SDK as its documents say, save what a test wants otherwise."""
    host = "{}:{}/".format(*hub.address)
    settings = {
        "HOME": str(tmp_path),
        "DOCKERCLOUD_AUTH": basic(USER, KEY),
        "DOCKERCLOUD_STREAM_HOST": f"ws://{host}",
        "DOCKERCLOUD_REST_HOST": f"http://{host}",
    }
    with ExitStack() as running:
        yield lambda **changes: running.enter_context(sdk.Listener({**settings, **changes}))


@pytest.fixture
def redeploy(ask):
    """Redeploys a service by its name: the service as it was, and the URI of the action."""

    def redeploy(name):
        (service,) = ask("GET", f"/api/app/v1/service/?name={name}").json()["objects"]
        answer = ask("POST", f"{service['resource_uri']}redeploy/")
        return service, answer.headers["X-DockerCloud-Action-URI"]

    return redeploy


def until_done(listener, action):
    """What the SDK handed over until the action was done."""

    def is_done(messages):
        return "Success" in states(messages, action)

    return listener.wait("message", is_done)


def states(messages, uri):
    """The states of an object in the order told."""
    frames = [json.loads(text) for text in messages]
    return [frame["state"] for frame in frames if frame["resource_uri"] == uri]


def test_a_redeploy_is_heard_to_its_end(ask, listen, redeploy):
    listener = listen()
    listener.wait("open")
    before, action = redeploy("web")

    heard = until_done(listener, action)
    after = ask("GET", before["resource_uri"]).json()
    assert states(heard, action) == ["Pending", "In progress", "Success"]
    assert states(heard, before["resource_uri"]) == ["Redeploying", "Running"]
    assert not set(before["containers"]) & set(after["containers"])
    for gone in before["containers"]:
        assert states(heard, gone) == ["Terminating", "Terminated"]
    for new in after["containers"]:
        assert states(heard, new) == ["Starting", "Running"]


def test_each_event_comes_as_the_text_of_an_object_with_all_seven_fields(listen, redeploy):
    listener = listen()
    listener.wait("open")
    _, action = redeploy("front")

    for text in until_done(listener, action):
        assert isinstance(text, str)
        assert set(json.loads(text)) == FIELDS
        assert isinstance(json.loads(text)["parents"], list)


def test_with_a_namespace_it_hears_the_same(listen, redeploy):
    listener = listen(DOCKERCLOUD_NAMESPACE="acme")
    listener.wait("open")
    _, action = redeploy("cache")

    assert until_done(listener, action)


def test_after_a_lost_connection_it_hears_what_comes_then(hub, listen, redeploy):
    listener = listen()
    listener.wait("open")
    hub.do("close_clients")
    listener.wait("open", lambda opened: len(opened) == 2)
    _, action = redeploy("backup")

    assert until_done(listener, action)


def test_frames_come_verbatim(hub, listen, redeploy):
    url, header = "ws://{}:{}".format(*hub.address) + EVENTS, {"Authorization": basic(USER, KEY)}
    listener = listen()
    listener.wait("open")
    with closing(create_connection(url, timeout=PATIENCE, header=header)) as stream:
        assert stream.recv() == '{"type":"auth"}'  # which the SDK keeps to itself
        _, action = redeploy("web")
        sent = [stream.recv()]
        while "Success" not in states(sent, action):
            sent.append(stream.recv())

    heard = until_done(listener, action)
    begun = heard.index(sent[0])
    assert heard[begun : begun + len(sent)] == sent


@pytest.fixture
def reactor_hub(tmp_path):
    """Starts `reactor hub` at its place, which is the same each time."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = "{}:{}".format(*free.getsockname())

    def start(*more, key=KEY):
        secrets = {"REACTOR_HUB_USER": USER, "REACTOR_HUB_APIKEY": key}
        words = ("hub", "--fleet", "simulated", "--listen", address, *more)
        return Program(tmp_path, *words, environment=secrets)

    start.address = address
    return start


def test_a_hub_that_was_killed_is_heard_again_when_it_is_back(reactor_hub, listen):
    place = {
        "DOCKERCLOUD_STREAM_HOST": f"ws://{reactor_hub.address}/",
        "DOCKERCLOUD_REST_HOST": f"http://{reactor_hub.address}/",
    }
    with reactor_hub() as hub:
        hub.err.hears("serving")
        listener = listen(**place)
        listener.wait("open")
    with reactor_hub():
        listener.wait("open", lambda opened: len(opened) == 2)

        url = f"http://{reactor_hub.address}/api/app/v1/service/"
        with requests.Session() as session:
            session.auth = (USER, KEY)
            (web,) = session.get(f"{url}?name=web", timeout=PATIENCE).json()["objects"]
            session.post(f"{url}{web['uuid']}/redeploy/", timeout=PATIENCE)
        listener.wait("message", lambda told: "Redeploying" in states(told, web["resource_uri"]))
    with reactor_hub(key="another"):
        assert listener.wait("refused") == ["Not Authorized"]


def test_it_listens_by_tls(reactor_hub, listen, tmp_path):
    made = Certificates(tmp_path).leaf("hub", None)
    with reactor_hub("--tls-cert", str(made.chain), "--tls-key", str(made.key)) as hub:
        hub.err.hears("serving")
        listener = listen(
            DOCKERCLOUD_STREAM_HOST=f"wss://{reactor_hub.address}/",
            WEBSOCKET_CLIENT_CA_BUNDLE=str(made.chain),
        )

        listener.wait("open")


@pytest.mark.parametrize("auth", [basic(USER, "wrong"), basic("nobody", KEY), "Bearer x", ""])
def test_wrong_credentials_end_in_its_own_error(listen, auth):
    assert listen(DOCKERCLOUD_AUTH=auth).wait("refused") == ["Not Authorized"]
