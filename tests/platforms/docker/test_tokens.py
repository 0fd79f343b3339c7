"""Credentials are found by their form, ordinary lines are left alone, and no text takes long."""

import base64
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.platforms.docker.tokens import looks_random, tokens

MEGABYTE = 1_000_000
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nab+/==\n-----END RSA PRIVATE KEY-----"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
GITHUB = "ghp_" + "a1" * 18


def found(text):
    """What stands where tokens are."""
    return {text[start:end] for start, end in tokens(text)}


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("AKIAIOSFODNN7EXAMPLE is unknown", "AKIAIOSFODNN7EXAMPLE"),
        ("aws_secret_access_key = wJalr/K7MDENG+bPx", "wJalr/K7MDENG+bPx"),
        (f"remote: {GITHUB} is expired", GITHUB),
        ("github_pat_11ABCDEFG0_abcdefghijkl", "github_pat_11ABCDEFG0_abcdefghijkl"),
        ("GET /?private_token=glpat-abcdEFGH1234ijkl", "glpat-abcdEFGH1234ijkl"),
        ("slack xoxb-1234567890-abcdefghij", "xoxb-1234567890-abcdefghij"),
        ("https://hooks.slack.com/services/T0/B0/xYz done", "T0/B0/xYz"),
        ("sk_" + "live_abcdefghijklmnop failed", "sk_" + "live_abcdefghijklmnop"),
        ("key AIzaSyA1234567890123456789012345678901", "AIzaSyA1234567890123456789012345678901"),
        (f"token is {JWT}, expired", JWT),
        (f"loaded {PEM}\nnext", PEM),
        (PEM.removeprefix("-----BEGIN RSA PRIVATE KEY-----\n") + "\nnext", PEM[32:]),
        (PEM[:40], PEM[:40]),
        ("postgres://shop:hunter2@db:5432/shop", "hunter2"),
        ("redis://:p@ss@cache", "p@ss"),
        ("Authorization: Bearer abc.def", "abc.def"),
        ("{'Authorization': 'Token abcdef'}", "abcdef"),
        ("map[Authorization:[Basic c2hvcDpodW50ZXI=]]", "c2hvcDpodW50ZXI="),
        ("-H 'Proxy-Authorization: abcdef'", "abcdef"),
        ("tried Basic c2hvcDpodW50ZXI= twice", "c2hvcDpodW50ZXI="),
        ("Set-Cookie: sid=a1b2; Path=/", "sid=a1b2; Path=/"),
        ("password=hunter2", "hunter2"),
        ("user=bob;Password=hunter2;db=x", "hunter2"),
        ("GET /?token=hunter2&page=1", "hunter2"),
        ('{"password": "hun ter2", "a": 1}', "hun ter2"),
        ('{"password": "hun\\"ter2"}', 'hun\\"ter2'),
        (json.dumps('{"apiKey":"hunter2","a":1}'), "hunter2"),
        ("client_secret='hun ter2' x", "hun ter2"),
        ("DB_PASSWORD_1: hunter2", "hunter2"),
        ("[password] => hunter2", "hunter2"),
        ("mysql --user x --password hunter2 shop", "hunter2"),
        ("tool --api-key hunter2", "hunter2"),
        ("MYSQL_ROOT_PW=hunter2", "hunter2"),
        ("MYSQL_PWD=/hunter2", "/hunter2"),
        ("PWD=hunter2", "hunter2"),
        ("userPasswd: hunter2", "hunter2"),
        ("KEY_PASSPHRASE='hun ter2'", "hun ter2"),
        ("CARD_PIN=1234", "1234"),
        ("mysqldump -u root -phunter2 shop", "hunter2"),
        ("+ /usr/bin/mysql -h db -p'hun ter2' shop", "hun ter2"),
        ('cmd: ["mariadb", "-uroot", "-phunter2"]', "hunter2"),
        ("mysql shop; mysql --host db -p1234", "1234"),
        ("curl -fsSu bob:hunter2 https://db/", "hunter2"),
        ("curl https://db/ --user 'bob:hun ter2'", "hun ter2"),
        ("curl --proxy-user=bob:hunter2 https://db/", "hunter2"),
        ('exec ["curl","-u","bob:hunter2"]', "hunter2"),
        (json.dumps('["curl", "-u", "bob:hunter2"]'), "hunter2\\"),
    ],
)
def test_a_form_gives_a_credential_away(text, secret):
    assert secret in found(text)


@pytest.mark.parametrize(
    "text",
    [
        'password authentication failed for user "postgres"',
        "basic authentication failed",
        "Bearer Authentication is required",
        "SyntaxError: Unexpected token } in JSON at position 2",
        "max_tokens=4096, tokens: 3, passed: 12",
        "--- PASS: TestShop (0.00s)",
        "secretary: Ann",
        "https://example.com:8080/a?page=2",
        "mail to bob@example.com at 10:30",
        "commit 4b825dc642cb6eb9a060e54bf8d69288fbee4904",
        "task-running-in-the-background",
        "panic: runtime error: index out of range [5] with length 3",
        "    at Object.<anonymous> (/app/index.js:10:15)",
        *("PWD=/app", "OLDPWD=/", "pwd: ~/app", '{"pwd": "/app", "n": 1}', "PWD=C:\\app"),
        *("led_pin = 13", "pin 4 is high", "spin: 2000"),
        "docker run --name mysql -p3306:3306 -p127.0.0.1:80:80 mysql:8",
        "mysql | ready -pending",
        "mysql: ready for connections\n-prune",
        "mysqld -printed, php-mysql -pdo",
        "mkdir -path, cp -parents, mysql -P3306 --port 3306",
        "docker exec -u app:app shop ls",
        "curl: (7) Failed to connect to db port 80 after 0 ms",
        "docker run --name curl -u 1000:1000 curlimages/curl https://db:80/",
    ],
)
def test_an_ordinary_line_gives_nothing_away(text):
    assert found(text) == set()


@given(st.text(), st.binary(min_size=12))
def test_what_stands_around_does_not_hide_a_credential(around, secret):
    encoded = base64.b64encode(secret).decode()

    assert any(encoded in each for each in found(f"{around}\nAuthorization: Basic {encoded}\n"))


BOMBS = [
    *("a", "a:", "\n", " ", "-", "\\", '"', "=", "A", "word ", "eyJ", "-eyJ", "eyJaaaaaaaa."),
    *("://:", "://a:", "://x", "a:b@", "-----", PEM, PEM[:31], PEM[:32] + "-", PEM[-29:]),
    *('password="', "password='\\\"", "secret_", "passw", "--pass ", "--a-", "---password- "),
    *("authorization:", "cookie=a=", "Basic ", "Bearer aaaaaaaa", "glpat-", "sk-", "AKIA"),
    *("pwd= ", "_pin=1", "mysql ", "/mysql", "mysql -p1.", "curl ", "=curl", "curl -u '"),
]


# What a command is called with, on one line of a megabyte.
CALLS = [
    *("mysql " + part for part in ("a ", " ", "-p ", "-p1. ", "-p1:1 ", "-p' -p\" ")),
    *("curl " + part for part in ("a ", " ", "-u ", "-u 1:1 ", "-u 'a -u \"b ", "-uuu ")),
]


@pytest.mark.parametrize("part", BOMBS)
def test_a_megabyte_of_anything_takes_no_long_time(part):
    text = part * (MEGABYTE // len(part))

    began = time.process_time()
    assert sum(1 for _ in tokens(text)) <= MEGABYTE
    assert time.process_time() - began < 1.5  # 0.7 s at most here; what is quadratic takes hours


@pytest.mark.parametrize("call", CALLS)
def test_a_call_with_a_megabyte_of_arguments_takes_no_long_time(call):
    command, part = call.split(" ", 1)
    text = f"{command} " + part * (MEGABYTE // len(part))

    began = time.process_time()
    assert sum(1 for _ in tokens(text)) <= 1
    assert time.process_time() - began < 1.5


@pytest.mark.parametrize(
    "word",
    ["Xk9mQ2vL8", "550e8400-e29b-41d4-a716-446655440000", "9f86d081884c7d659a2feaa0c55ad015"],
)
def test_what_is_drawn_by_chance_looks_random(word):
    assert looks_random(word)


@pytest.mark.parametrize(
    "word",
    [
        *("Xk9mQ2v", "hunter22", "production", "getElementById", "en_US.UTF-8", "xterm-256color"),
        *("jdk-17.0.9+9", "v1.2.3-rc1", "us-east-1a", "nginx:1.25-alpine3.18", "10.96.0.1:8443"),
        *("/usr/local/sbin:/usr/local/bin", "2030-01-07T12:00:00Z", "aaaaaaaaaaaaaaaaaaaaaaaa"),
    ],
)
def test_what_is_short_or_of_everyday_does_not(word):
    assert not looks_random(word)
