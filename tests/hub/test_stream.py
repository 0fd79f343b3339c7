"""The stream, heard by websocket-client."""

import json
from contextlib import suppress

import pytest
from websocket import (
    ABNF,
    WebSocketBadStatusException,
    WebSocketConnectionClosedException,
    create_connection,
)

from reactor.hub.spread import TRY_AGAIN_LATER
from reactor.hub.stream import AUTH
from tests.fakes import PATIENCE
from tests.hub.served import EVENTS, Served, SpokenFleet, a_frame, basic

UUID = "0b0e7ba2-1d4f-4c5b-8f4e-0a9f5ad1e1f0"
OTHER = "0b0e7ba2-1d4f-4c5b-8f4e-0a9f5ad1e1f1"
LARGE = "x" * 20_000
"""A state so long that a client which does not read is soon behind."""


@pytest.fixture(scope="module")
def fleet():
    return SpokenFleet()


@pytest.fixture(scope="module")
def served(fleet):
    """One for all: connections know nothing of each other."""
    with Served(fleet) as served:
        yield served


@pytest.fixture
def connect(served):
    """Opens streams whose `auth` frame is read, so that they hear all that comes."""
    opened = []

    def connect(path=EVENTS, served=served):
        stream = served.connect(path)
        opened.append(stream)
        assert stream.recv() == AUTH
        return stream

    yield connect
    for stream in opened:
        stream.shutdown()


def open_stream(served, path, header):
    """A connection with that Authorization header, None for none."""
    given = {} if header is None else {"Authorization": header}
    return create_connection(served.url(path, "ws"), timeout=PATIENCE, header=given)


def test_the_first_frame_is_auth_to_the_letter(served):
    stream = served.connect()

    assert stream.recv() == '{"type":"auth"}'
    stream.close()


def test_every_client_gets_every_frame_in_order_as_text(fleet, connect):
    streams = [connect(), connect()]
    frames = [a_frame(uuid=str(number)) for number in range(50)]

    fleet.tell(*frames)

    for stream in streams:
        received = [stream.recv_data() for _ in frames]
        assert {opcode for opcode, _ in received} == {ABNF.OPCODE_TEXT}
        assert [json.loads(data) for _, data in received] == frames


@pytest.mark.parametrize(
    "path",
    [
        "/api/audit/v1/events",
        "/api/audit/v1/events/",
        "/api/audit/v1/acme/events",
        "/api/audit/v1/acme/events/",
        "//api/audit/v1/events/",
        "/api/audit/v1/elsewhere/events/",
    ],
)
def test_all_forms_of_its_path_lead_to_it(fleet, connect, path):
    stream = connect(path)

    fleet.tell(a_frame())

    assert json.loads(stream.recv()) == a_frame()


@pytest.mark.parametrize(
    ("path", "header"),
    [
        (EVENTS, "ApiKey acme:s3cret"),
        (f"{EVENTS}?user=acme&token=s3cret", None),
        (f"{EVENTS}?sid=s3cret&user=acme", None),
        (f"{EVENTS}?auth=Basic+YWNtZTpzM2NyZXQ%3D", None),
        (f"{EVENTS}?auth=Basic%20YWNtZTpzM2NyZXQ=", None),
        (f"{EVENTS}?auth=Basic+YWNtZTpzM2NyZXQ%3D", basic("acme", "s3cret")),
        ("/v1/events?user=acme&token=s3cret", None),
        ("/v1/events/", basic("acme", "s3cret")),
    ],
)
def test_credentials_of_every_era_are_taken(served, path, header):
    stream = open_stream(served, path, header)

    assert stream.recv() == AUTH
    stream.close()


REFUSED = [basic("acme", "wrong"), basic("x", "s3cret"), "", "ApiKey a:b", "Bearer s3cret", None]


@pytest.mark.parametrize("header", REFUSED)
def test_wrong_credentials_or_none_are_refused_before_the_upgrade(served, header):
    with pytest.raises(WebSocketBadStatusException) as refusal:
        open_stream(served, EVENTS, header)

    assert refusal.value.status_code == 401
    assert refusal.value.resp_headers["www-authenticate"].startswith("Basic")
    assert "error" in json.loads(refusal.value.resp_body)


@pytest.mark.parametrize("header", REFUSED)
@pytest.mark.parametrize("path", ["/v1/events", "/v1/events/?auth=Basic+x", "/v1/nothing"])
def test_tutums_clients_are_refused_after_the_upgrade(served, path, header):
    stream = open_stream(served, path, header)

    assert stream.recv() == '{"type":"error","data":{"errorMessage":"UNAUTHORIZED"}}'
    assert stream.recv_data()[0] == ABNF.OPCODE_CLOSE
    stream.shutdown()


def test_credentials_in_a_query_reach_no_log(served, caplog):
    caplog.set_level("DEBUG")
    for path in (EVENTS, "/v1/events", "/nothing"):
        for token in ("s3cret", "wr0ng"):
            with suppress(WebSocketBadStatusException):
                open_stream(served, f"{path}?user=acme&token={token}", None).shutdown()

    assert "s3cret" not in caplog.text
    assert "wr0ng" not in caplog.text


def test_a_path_where_no_stream_is_answers_404(served):
    with pytest.raises(WebSocketBadStatusException) as refusal:
        served.connect("/api/audit/v1/evnets")

    assert refusal.value.status_code == 404


def test_a_refusal_is_no_fault_in_the_log(served, caplog):
    with pytest.raises(WebSocketBadStatusException):
        served.connect(header="")

    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def test_filters_leave_out_what_is_not_wanted_but_never_auth(fleet, connect):
    stream = connect(f"{EVENTS}?type=service,action&type=node")

    fleet.tell(*(a_frame(type=kind) for kind in ("container", "service", "stack", "node")))

    assert [json.loads(stream.recv())["type"] for _ in range(2)] == ["service", "node"]


def test_tutums_path_has_tutums_frames(fleet, connect):
    stream = connect("/v1/events")
    container, service = (f"/api/v1/{kind}/{UUID}/" for kind in ("container", "service"))
    told = a_frame(
        resource_uri=f"/api/app/v1/acme/container/{UUID}/",
        parents=[f"/api/app/v1/acme/service/{UUID}/", "elsewhere"],
    )

    fleet.tell(told)

    assert json.loads(stream.recv()) == {
        **told,
        "resource_uri": container,
        "parents": [service, "elsewhere"],
        "date": "2031-05-06T17:08:09+00:00",
    }


def test_the_go_clients_path_of_a_node_has_the_frames_of_that_node_alone(connect):
    fleet = SpokenFleet(node=[{"uuid": UUID}])
    own = f"/api/infra/v1/node/{UUID}/"
    with Served(fleet) as served:
        stream = connect(f"/infra/v1/node/{UUID}/events/?user=acme&token=s3cret", served=served)

        fleet.tell(a_frame(), a_frame(parents=[own]), a_frame(type="node", resource_uri=own))

        assert json.loads(stream.recv())["resource_uri"] == own
        with pytest.raises(WebSocketBadStatusException, match="404"):
            served.connect(f"/infra/v1/node/{OTHER}/events/")


def test_a_read_only_hub_shows_logs_and_runs_nothing():
    fleet = SpokenFleet(container=[{"uuid": UUID}])
    with Served(fleet, read_only=True) as served:
        served.connect(f"/api/app/v1/container/{UUID}/logs/").shutdown()

        with pytest.raises(WebSocketBadStatusException) as refusal:
            served.connect(f"/api/app/v1/container/{UUID}/exec/?command=ls")

    assert refusal.value.status_code == 403
    assert fleet.asked == [(300, True)]


def test_pings_are_answered_with_their_payload(connect):
    stream = connect()

    stream.ping(b"are you there")

    assert stream.recv_data_frame(control_frame=True)[1].data == b"are you there"


def test_what_a_client_says_means_nothing_and_does_not_disturb(fleet, connect):
    stream = connect()

    for _ in range(100):
        stream.send("hello")
        stream.send_binary(b"\x00")
    stream.ping(b"still there?")

    assert stream.recv_data_frame(control_frame=True)[1].data == b"still there?"


@pytest.mark.parametrize("origin", ["http://elsewhere.example", "null"])
def test_any_origin_may_listen(served, origin):
    stream = create_connection(
        served.url(EVENTS, "ws"),
        timeout=PATIENCE,
        origin=origin,
        header={"Authorization": basic("acme", "s3cret")},
    )

    assert stream.recv() == AUTH
    stream.close()


def test_frames_are_not_compressed(served):
    stream = create_connection(
        served.url(EVENTS, "ws"),
        timeout=PATIENCE,
        header=[
            f"Authorization: {basic('acme', 's3cret')}",
            "Sec-WebSocket-Extensions: permessage-deflate",
        ],
    )

    assert "sec-websocket-extensions" not in stream.headers
    stream.close()


def test_a_burst_is_no_slowness_of_the_clients(fleet, connect):
    stream = connect()
    frames = [a_frame(uuid=str(number)) for number in range(3_000)]

    fleet.tell(*frames)

    assert [json.loads(stream.recv()) for _ in frames] == frames


def test_who_reads_too_slowly_is_closed_and_nobody_else_notices(fleet, connect):
    idle, busy = connect(), connect()

    for start in range(0, 2_000, 20):
        fleet.tell(*(a_frame(uuid=str(start + number), state=LARGE) for number in range(20)))
        assert [json.loads(busy.recv())["uuid"] for _ in range(20)] == [
            str(start + number) for number in range(20)
        ]

    opcode, data = ABNF.OPCODE_TEXT, b""
    while opcode != ABNF.OPCODE_CLOSE:
        opcode, data = idle.recv_data()
    assert int.from_bytes(data[:2], "big") == TRY_AGAIN_LATER
    fleet.tell(a_frame(uuid="last"))
    assert json.loads(busy.recv())["uuid"] == "last"


def test_who_never_reads_does_not_hold_a_hub_that_stops(connect):
    fleet = SpokenFleet()
    with Served(fleet) as served:
        connect(served=served)
        busy = connect(served=served)
        for _ in range(100):
            fleet.tell(*[a_frame(state=LARGE)] * 20)
            for _ in range(20):
                busy.recv()

        served.hub.stop()
        served.thread.join(1)

        assert not served.thread.is_alive()


def test_clients_are_told_when_the_hub_stops(connect):
    with Served(SpokenFleet()) as served:
        stream = connect(served=served)

    opcode, data = stream.recv_data()
    assert (opcode, int.from_bytes(data[:2], "big")) == (ABNF.OPCODE_CLOSE, 1012)


@pytest.mark.parametrize(
    "noise", [b"\x81\x85" + b"junk!" * 3, b"\xff\xff\xff\xff", b"\x82\xff" + b"\xff" * 12]
)
def test_a_client_that_talks_nonsense_disturbs_nobody(fleet, connect, caplog, noise):
    rude, other = connect(), connect()

    frames = [a_frame(uuid=str(number)) for number in range(100)]
    for frame in frames:
        if frame is frames[50]:
            rude.sock.sendall(noise)
        fleet.tell(frame)

    assert [json.loads(other.recv()) for _ in frames] == frames
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def test_clients_may_come_and_go(fleet, connect):
    for _ in range(20):
        connect().shutdown()
    stream = connect()

    fleet.tell(a_frame())

    assert json.loads(stream.recv()) == a_frame()
    stream.close()
    with pytest.raises(WebSocketConnectionClosedException):
        stream.recv()
