"""Sources that are no engines: reached or not, let in or not."""

import socket
import ssl
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from reactor.cli.doctor.sources import (
    look_at_cloud,
    look_at_file,
    look_at_stream,
    look_at_webhook,
    look_at_websocket,
)
from reactor.model.rule import SourceSpec
from reactor.model.secret import Secret
from tests.builders import PLACE
from tests.sources.cloud import fake_cloud

SECONDS = 5.0
PEM = Path(__file__).parent.parent.parent / "sources" / "tls.pem"


def a_spec(type_, **options):
    return SourceSpec(name="cloud", type=type_, options=options, place=PLACE)


@contextmanager
def listening():
    """A port where somebody takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("type_", ["dockercloud", "tutum"])
def test_a_cloud_that_lets_us_in_is_well(type_):
    with fake_cloud() as cloud:
        stream, api = look_at_cloud(a_spec(type_, **cloud.options), {}, SECONDS)

    assert stream.detail == f"ws://{cloud.address} takes connections"
    assert api.detail.endswith(f" at http://{cloud.address} lets us in")
    assert cloud.upgrades == []


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (401, "refuses us: 401 Unauthorized"),
        (403, "refuses us: 403 Forbidden"),
        (404, "answers 404 Not Found"),
        (503, "answers 503 Service Unavailable"),
    ],
)
def test_what_the_api_answers_is_told(status, says):
    with fake_cloud() as cloud:
        cloud.listing_status = status
        stream, api = look_at_cloud(a_spec("dockercloud", **cloud.options), {}, SECONDS)

    assert (stream.code, api.code) == (0, 5)
    assert says in api.detail


def test_without_credentials_nothing_is_asked():
    options = {"stream_host": "ws://127.0.0.1:9/", "rest_host": "http://127.0.0.1:9/"}

    (found,) = look_at_cloud(a_spec("dockercloud", **options), {"HOME": "/nowhere"}, SECONDS)

    assert found.code == 5
    assert "no credentials" in found.detail


def test_a_cloud_that_is_away_is_told_of_both_its_hosts():
    options = {
        "stream_host": "wss://127.0.0.1:9/",
        "rest_host": "https://127.0.0.1:9/",
        "auth": Secret("Basic hidden"),
    }

    found = list(look_at_cloud(a_spec("tutum", **options), {}, SECONDS))

    assert [each.code for each in found] == [5, 5]
    assert all("connection refused" in each.detail for each in found)
    assert "hidden" not in str(found)


def test_a_websocket_is_touched_and_not_opened():
    with fake_cloud() as cloud:
        url = Secret(f"ws://{cloud.address}/hidden")
        (found,) = look_at_websocket(a_spec("websocket", url=url), {}, SECONDS)

    assert found.detail == f"ws://{cloud.address} takes connections"
    assert cloud.upgrades == []


def test_a_certificate_that_nobody_trusts_is_told():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PEM)
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = Thread(target=shake_once, args=(server, context))
        thread.start()
        found = look_at_stream("stream", f"wss://127.0.0.1:{server.getsockname()[1]}/", SECONDS)
        thread.join()

    assert found.code == 5
    assert "its certificate is not valid" in found.detail
    assert "who signed its certificate" in found.remedy


def shake_once(server, context):
    connected, _ = server.accept()
    with connected, pytest.raises(OSError):  # noqa: PT011 -- the client hangs up, in one way or another
        context.wrap_socket(connected, server_side=True).close()


def test_a_host_that_says_nothing_is_given_up():
    with listening() as port:
        found = look_at_stream("stream", f"wss://127.0.0.1:{port}/", 0.1)

    assert found.detail == f"wss://127.0.0.1:{port}: no answer in time"


def test_of_a_webhook_only_its_path_is_known():
    (found,) = look_at_webhook(a_spec("webhook"), {}, SECONDS)

    assert found.detail.startswith("takes what is posted to /hooks/cloud ")


def test_a_file_must_be_there(tmp_path):
    path = tmp_path / "events.jsonl"
    (missing,) = look_at_file(a_spec("file", path=str(path)), {}, SECONDS)
    path.write_text("")
    (there,) = look_at_file(a_spec("file", path=str(path)), {}, SECONDS)

    assert (missing.code, missing.detail) == (5, f"there is no {path}")
    assert (there.code, there.detail) == (0, f"{path} can be read")


def test_standard_input_is_always_there():
    (found,) = look_at_file(a_spec("file", path="-"), {}, SECONDS)

    assert found.detail == "reads standard input"
