import pytest

from reactor.config.cloud import check_cloud
from reactor.config.node import Problems, Table
from tests.conditions import node_of

HALF_A_HOST = "expected a host without a path, such as"
IN_CLEAR = "the credentials travel unencrypted"


def checked(text):
    problems, table = Problems(), node_of(text)
    assert isinstance(table, Table)
    check_cloud(table, problems)
    return (
        [str(problem).split(": ", 1)[1] for problem in problems.found],
        [str(warning).split(": ", 1)[1] for warning in problems.warnings],
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{type: dockercloud}", []),
        ("{user: acme, apikey: k}", []),
        ("{auth: Basic YWNtZTpr}", []),
        ("{user: acme}", ["'user' needs 'apikey'"]),
        ("{apikey: k}", ["'apikey' needs 'user'"]),
        (
            "{auth: Basic YQ==, user: acme, apikey: k}",
            [
                f"'{key}' stands beside 'auth', which is the whole header (leave one of them out)"
                for key in ("user", "apikey")
            ],
        ),
        ('{auth: "Basic x\\r\\nX-Evil: 1"}', ["'auth' holds more than printable ASCII characters"]),
        ('{auth: "ключ"}', ["'auth' holds more than printable ASCII characters"]),
    ],
)
def test_credentials_are_whole_or_left_to_the_environment(text, told):
    assert checked(text) == (told, [])


@pytest.mark.parametrize(
    "host",
    [
        "",
        "wss://ws.cloud.docker.com/",
        "wss://ws.cloud.docker.com",
        "wss://ws.cloud.docker.com:443/",
        "ws://127.0.0.1:8001/",
        "ws://127.9.9.9",
        "ws://localhost:8001",
        "ws://[::1]:8001/",
    ],
)
def test_a_stream_comes_encrypted_or_from_this_machine(host):
    assert checked(f'{{stream_host: "{host}"}}') == ([], [])


@pytest.mark.parametrize(
    "host",
    [
        "ws.cloud.docker.com",
        "https://ws.cloud.docker.com/",
        "WSS://ws.cloud.docker.com/",
        "wss://",
        "wss:///",
        "wss://h/api/",
        "wss://h//",
        "wss://h?x",
        "wss://h#x",
        "wss://user@h/",
        "wss://user:key@h/",
        "wss://h:0/",
        "wss://h:65536/",
        "wss://h:/",
        "wss://h x/",
        "wss://h\\\\@evil/",
        "wss://h%2f/",
        "wss://h\\n/",
        "wss://{{ host }}/",
        " wss://h/",
        "wss://bücher.example/",
    ],
)
def test_a_host_is_a_scheme_a_name_and_a_port(host):
    [told], warnings = checked(f'{{stream_host: "{host}"}}')

    assert told.endswith(f"{HALF_A_HOST} wss://stream.example.com/")
    assert warnings == []


@pytest.mark.parametrize("name", ["a/b", "a b", "..", "é", "a" * 65])
def test_a_namespace_is_a_part_of_a_path(name):
    [told], _ = checked(f'{{namespace: "{name}"}}')

    assert told.endswith("expected letters, digits, - and _, at most 64")
    assert checked("{namespace: Acme_2-x}") == checked("{namespace: ''}") == ([], [])


@pytest.mark.parametrize(
    ("key", "host", "instead"),
    [
        ("stream_host", "ws://ws.example.com/", "wss://"),
        ("stream_host", "ws://10.0.0.1:8001", "wss://"),
        ("rest_host", "http://rest.example.com/", "https://"),
        ("rest_host", "http://127.0.0.1.example.com/", "https://"),
        ("rest_host", "http://[2001:db8::1]/", "https://"),
    ],
)
def test_a_host_across_the_net_without_encryption_is_warned_of(key, host, instead):
    warning = f"'{key}' is \"{host}\": {IN_CLEAR} (write {instead})"

    assert checked(f'{{{key}: "{host}"}}') == ([], [warning])
