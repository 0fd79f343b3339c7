"""No secret of a container's environment survives, and what is none stays as it is."""

import base64
import json
import secrets
import time
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reactor.platforms.docker.scrub import (
    MOST_SECRETS,
    TooManySecrets,
    says_secret,
    scrubbed,
    secrets_of,
)

INNOCENT = ("true", "false", "none", "null", "default")

# The mask is made of stars, and what stands beside it can make up a star of a secret.
VALUES = st.text(st.characters(codec="utf-8", exclude_characters="*"), min_size=4).filter(
    lambda value: len(value.strip()) >= 4 and value.lower() not in INNOCENT
)
NAMES = st.sampled_from(["DB_PASSWORD", "PGPASS", "api-key", "AUTH", "dbPwd", "MY_SECRET_2", "DSN"])
ENVIRONMENTS = st.dictionaries(NAMES, VALUES, min_size=1)


@given(ENVIRONMENTS, st.data())
def test_no_secret_of_the_environment_survives(environment, data):
    parts = st.one_of(st.text(), st.sampled_from([*environment.values()]))
    text = "".join(data.draw(st.lists(parts, max_size=20)))
    assume("*" not in text)

    shown = scrubbed(text, [f"{name}={value}" for name, value in environment.items()])

    assert [value for value in environment.values() if value in shown] == []


@given(VALUES, st.text(max_size=5), st.text(max_size=5))
def test_no_encoding_hides_a_secret(value, before, after):
    encodings = [
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        quote(value),
        quote(value, safe=""),
        quote_plus(value),
        base64.b64encode(value.encode()).decode().rstrip("="),
        base64.urlsafe_b64encode(value.encode()).decode().rstrip("="),
    ]

    for encoded in encodings:
        assert encoded not in scrubbed(f"{before}{encoded}{after}", [f"PASSWORD={value}"])


@given(st.binary(max_size=5), st.binary(max_size=5))
def test_base64_hides_no_secret_wherever_it_stands(before, after):
    encoded = base64.b64encode(before + b"hunter22" + after).decode()

    shown = scrubbed(encoded, ["PASSWORD=hunter22"])

    assert "***" in shown
    assert len(shown) <= len(encoded) - len("hunter22") + len("***")


ORDINARY = st.sampled_from(
    [
        *(
            "GET /index.html 200 12ms",
            "INFO",
            "started",
            "panic: nil",
            "\n",
            "2030-01-07T12:00:00Z",
        ),
        *("[error] 12#12: *1 open() failed (2: No such file or directory)", "{}", "héllo", "a=b"),
    ]
)


@given(st.lists(ORDINARY))
def test_a_text_without_secrets_stays_as_it_is(lines):
    environment = [
        *("PATH=/usr/local/sbin:/usr/bin", "LANG=C.UTF-8", "HOME=/root", "PWD=/srv/app", "x", "=y"),
        *("NODE_VERSION=20.11.1", "AUTH_ENABLED=true", "POSTGRES_PASSWORD_FILE=/run/secrets/db"),
    ]
    text = " ".join([*lines, "/srv/app /run/secrets/db true"])

    assert scrubbed(text, environment) == text


WORDS = [
    "password",
    "token",
    "://",
    "=",
    ": ",
    '"',
    "'",
    "\\",
    "@",
    "Bearer ",
    "curl -u ",
    "mysql -p",
    "a",
    "b1",
    " ",
    "\n",
]


@given(st.lists(st.sampled_from(WORDS)))
def test_what_is_scrubbed_stays_so(words):
    once = scrubbed("".join(words), ())

    assert scrubbed(once, ()) == once


@pytest.mark.parametrize(
    ("entry", "text", "shown"),
    [
        ("DB_PASSWORD=hunter22", "got hunter22!", "got ***!"),
        ("DB_PASSWORD=hunter22", "hunter2", "hunter2"),
        ("DB_PASSWORD='hunter22'", "got hunter22", "got ***"),
        ("API_KEYS=firstkey,secondkey", "secondkey firstkey", "*** ***"),
        ("SIGNING_KEY=line one\nline two!", "line two!", "***"),
        (
            "DATABASE_URL=postgres://shop:h2nter@db/shop",
            "h2nter of shop at db",
            "*** of shop at db",
        ),
        ("CONNECTION=Server=db;Password=h2nter;", "h2nter of db", "*** of db"),
        ("RANDOM=Xk9mQ2vL8", "got Xk9mQ2vL8", "got ***"),
        ("OPTS=-a --id=Xk9mQ2vL8 -b", "got Xk9mQ2vL8", "got ***"),
        ("PWD=hunter22", "got hunter22", "got ***"),
        ("PWD=/srv/app", "in /srv/app", "in /srv/app"),
        ("OLDPWD=/srv/app", "in /srv/app", "in /srv/app"),
        ("CARD_PIN=1234", "got 1234", "got ***"),
        ("LED_PIN=13", "13", "13"),
        ("PASSWORD=pw1", "pw1 is too short to be looked for", "pw1 is too short to be looked for"),
        ("PASSWORD=true", "true", "true"),
        ("PASSWORD=     ", "    indented", "    indented"),
    ],
)
def test_what_looks_secret_in_an_environment_is_masked(entry, text, shown):
    assert scrubbed(text, [entry]) == shown


def test_secrets_that_overlap_leave_nothing_between_them():
    assert scrubbed("abcdefgh", ["A_KEY=abcde", "B_KEY=cdefgh"]) == "***"
    assert scrubbed("hunter2222", ["A_KEY=hunter22", "B_KEY=hunter2222"]) == "***"


@pytest.mark.parametrize(
    "name",
    [
        *("PASSWORD", "db_passwd", "MYSQL_PWD", "PGPASS", "API_KEY", "apiKey", "SECRET_KEY_BASE"),
        *("GITHUB_TOKEN", "BASIC_AUTH", "SENTRY_DSN", "AWS_CREDENTIALS", "jwt", "PASSPHRASE1"),
        *("MYSQL_ROOT_PW", "rootPw", "CARD_PIN", "PWD"),
    ],
)
def test_a_name_says_that_its_value_is_secret(name):
    assert says_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "PATH",
            "PIN_COUNT",
            "SPIN",
            "AUTHOR",
            "PASSENGER_ENV",
            "KEYSPACE",
            "HOSTNAME",
            "",
            "=",
            "_",
        ),
        *("DB_PASSWORD_FILE", "TOKEN_TTL", "AUTH_HOST", "POSTGRES_HOST_AUTH_METHOD"),
    ],
)
def test_a_name_of_something_else_does_not(name):
    assert not says_secret(name)


@given(st.lists(st.text()))
def test_any_environment_can_be_read(environment):
    assert all(len(secret) >= 4 for secret in secrets_of(environment))


def test_what_holds_too_many_secrets_is_not_shown_at_all():
    environment = [f"KEY_{number}=hunter{number}" for number in range(MOST_SECRETS + 1)]

    with pytest.raises(TooManySecrets, match="more secrets than can be masked"):
        scrubbed("hunter1", environment)
    assert scrubbed("hunter1", environment[1:3]) == "***"


def test_many_secrets_are_looked_for_in_little_time():
    environment = [f"KEY_{number}={secrets.token_hex(16)}" for number in range(MOST_SECRETS)]

    began = time.process_time()
    assert scrubbed("a" * 64 * 1024, environment) == "a" * 64 * 1024
    assert time.process_time() - began < 1.0
