"""The hub as a whole: a simulated fleet behind real sockets."""

import json

import pytest
from websocket import WebSocketConnectionClosedException, create_connection

from reactor.clock import utc_now
from reactor.hub.fleet import NoSuchObject, NotAllowed, Unavailable
from reactor.hub.server import Hub
from reactor.hub.simulated import SimulatedFleet
from reactor.model.errors import ReactorError
from tests.fakes import PATIENCE
from tests.hub.process import HubProcess
from tests.hub.served import CREDENTIALS, EVENTS, Served, SpokenFleet, basic


def named_web(served):
    """The path of the service web, as a client finds it."""
    return served.ask("GET", "/api/app/v1/service/?name=web").json()["objects"][0]


def test_a_redeploy_over_rest_is_seen_on_the_stream_while_time_goes_on():
    with Served(SimulatedFleet(seed=3, now=utc_now()), now=utc_now) as served:
        stream = served.connect()
        stream.recv()
        web = named_web(served)

        action = served.ask("POST", f"{web['resource_uri']}redeploy/").headers[
            "X-DockerCloud-Action-URI"
        ]

        frames = []
        while not frames or (frames[-1]["resource_uri"], frames[-1]["state"]) != (
            action,
            "Success",
        ):
            frames.append(json.loads(stream.recv()))
        stream.close()
        created = [frame["resource_uri"] for frame in frames if frame["action"] == "create"][1:]
        after = named_web(served)
    assert after["state"] == "Running"
    assert sorted(created) == sorted(after["containers"])
    assert not set(created) & set(web["containers"])


def test_a_fault_of_the_hub_is_answered_in_json_and_told_in_the_log(caplog):
    fleet = SpokenFleet()
    fleet.error = ZeroDivisionError("oops")
    with Served(fleet) as served:
        answer = served.ask("GET", "/api/app/v1/service/")

    assert answer.status_code == 500
    assert answer.json() == {"error": "The hub failed; its log says how."}
    assert "ZeroDivisionError: oops" in caplog.text


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (NoSuchObject("There is no service x."), 404),
        (NotAllowed("A service that is Stopped cannot be stopped."), 400),
        (Unavailable("There is no Docker Engine."), 503),
    ],
)
def test_what_a_fleet_refuses_is_answered_with_its_words(fault, status):
    fleet = SpokenFleet()
    fleet.error = fault
    with Served(fleet) as served:
        answer = served.ask("GET", "/api/app/v1/service/")

    assert (answer.status_code, answer.json()) == (status, {"error": str(fault)})


def test_nobody_hears_the_fleet_any_more_when_the_hub_has_ended():
    fleet = SpokenFleet()
    with Served(fleet) as served:
        served.ask("GET", "/api/app/v1/service/")
        assert fleet.is_heard

    assert not fleet.is_heard


def test_an_address_that_cannot_be_had_is_refused_with_what_to_do():
    with pytest.raises(ReactorError, match=r"; choose another address, with --listen HOST:PORT or"):
        Hub(SpokenFleet(), credentials=CREDENTIALS, listen=("192.0.2.1", 1), now=utc_now)


def test_a_hub_in_a_process_of_its_own_can_be_told_what_shall_happen():
    with HubProcess(seed=5) as process:
        url = "ws://{}:{}".format(*process.address) + EVENTS
        header = {"Authorization": basic("acme", "s3cret")}
        stream = create_connection(url, timeout=PATIENCE, header=header)
        stream.recv()

        crashed = process.do("crash", service="web", exit_code=3)["crashed"]
        first = json.loads(stream.recv())
        assert str(crashed) in first["resource_uri"]
        assert first["state"] == "Stopped"

        assert process.do("close_clients") == {"closed": 1}
        with pytest.raises((WebSocketConnectionClosedException, ConnectionError)):
            list(iter(stream.recv, None))
        stream.shutdown()
        assert process.do("quit") == {}
