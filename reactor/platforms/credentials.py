"""The credentials of Docker Cloud and of Tutum: where they are looked for, and in which order.

No text of an error holds one of them.
"""

import json
import re
import subprocess
from base64 import b64decode, b64encode
from collections.abc import Mapping
from configparser import ConfigParser
from configparser import Error as ConfigError
from pathlib import Path

from reactor.model.errors import SourceRefused
from reactor.model.secret import Secret

REGISTRY = "https://index.docker.io/v1/"
"""The key under which `docker login` keeps what Docker Cloud accepted too."""

_HELPER_NAME = re.compile(r"[a-z0-9-]+")  # it becomes the name of a program
_HELPER_SECONDS = 10.0
_HEADER_VALUE = re.compile(r"[\x20-\x7e]+")
_TOKEN_USER = "<token>"  # noqa: S105 -- Docker's mark for an identity token, which is no password

_APIKEY = re.compile(r"apikey ([^:]*):(.*)", re.IGNORECASE)
_QUERY = "?auth="

_ADVICE = (
    "set 'user' and 'apikey' (or 'auth') of the source, or DOCKERCLOUD_USER and "
    "DOCKERCLOUD_APIKEY (or DOCKERCLOUD_AUTH), or use 'docker login'"
)
_TUTUM_ADVICE = (
    "set 'user' and 'apikey' (or 'auth') of the source, or TUTUM_USER and TUTUM_APIKEY "
    "(or TUTUM_AUTH), or have them in ~/.tutum"
)


def find_authorization(
    options: Mapping[str, object], environ: Mapping[str, str], home: Path
) -> str:
    """The value of the header Authorization: of the source's own options, else as the old tools
    found it in the environment and in `home` (docs/platforms.md §1).

    Blocks while a credential helper runs. Raises SourceRefused when there is none, or none that
    can stand in a header.
    """
    own = _of_options(options) or _of_environment(environ, "DOCKERCLOUD")
    return _usable(own or _of_docker(environ, home), _ADVICE)


def find_tutum_login(
    options: Mapping[str, object], environ: Mapping[str, str], home: Path
) -> tuple[str, Mapping[str, str]]:
    """The value of the header Authorization for Tutum, and what its stream is asked beside it, by
    the era whose style the value is written in (docs/platforms.md §1). Both are secrets.

    Raises SourceRefused when there are no credentials, or none that can stand in a header.
    """
    own = _of_options(options) or _of_environment(environ, "TUTUM")
    found = _usable(own or _of_tutum(home), _TUTUM_ADVICE)
    if found.startswith(_QUERY):
        value = found.removeprefix(_QUERY)
        return value, {"auth": value}
    apikey = _APIKEY.fullmatch(found)
    return found, {"user": apikey[1], "token": apikey[2]} if apikey else {}


def _usable(found: str | None, advice: str) -> str:
    if found is None:
        raise SourceRefused(f"no credentials: {advice}")
    if not _HEADER_VALUE.fullmatch(found):
        raise SourceRefused("the credentials hold characters that no header can carry")
    return found


def user_of(authorization: str) -> str:
    """The user whom a Basic or an ApiKey value names; empty for every other scheme."""
    if apikey := _APIKEY.fullmatch(authorization):
        return apikey[1]
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return b64decode(value, validate=True).decode().partition(":")[0]
    except ValueError:
        return ""


def _of_options(options: Mapping[str, object]) -> str | None:
    if auth := _text(options.get("auth")):
        return auth
    user, apikey = _text(options.get("user")), _text(options.get("apikey"))
    if bool(user) != bool(apikey):
        there, missing = ("user", "apikey") if user else ("apikey", "user")
        raise SourceRefused(f"no credentials: '{there}' is set and '{missing}' is not")
    return _basic(user, apikey) if user else None


def _of_environment(environ: Mapping[str, str], prefix: str) -> str | None:
    auth, user, apikey, password = (
        environ.get(f"{prefix}_{name}", "").strip() for name in ("AUTH", "USER", "APIKEY", "PASS")
    )
    if auth:
        return auth
    key = apikey or password
    return _basic(user, key) if user and key else None


def _of_docker(environ: Mapping[str, str], home: Path) -> str | None:
    """What `docker login` left behind, in its file or in the store that the file names."""
    try:
        config = json.loads((home / ".docker/config.json").read_bytes())
    except (OSError, ValueError):
        return None
    auth = _within(config, "auths", REGISTRY, "auth")
    if auth:
        return f"Basic {auth}"
    store = _within(config, "credsStore")
    return _of_helper(store, environ) if _HELPER_NAME.fullmatch(store) else None


def _of_helper(store: str, environ: Mapping[str, str]) -> str | None:
    """What a credential helper keeps (docker/docker-credential-helpers, "get")."""
    try:
        answer = subprocess.run(  # noqa: S603 -- the user's own program, its name checked above
            [f"docker-credential-{store}", "get"],
            input=REGISTRY.encode(),
            capture_output=True,
            timeout=_HELPER_SECONDS,
            check=True,
            env=dict(environ),
        )
        kept = json.loads(answer.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    user, key = _within(kept, "Username"), _within(kept, "Secret")
    return _basic(user, key) if user and key and user != _TOKEN_USER else None


def _of_tutum(home: Path) -> str | None:
    """What `tutum login` left behind; the newest kept the encoded pair alone."""
    config = ConfigParser(interpolation=None)  # a key may hold percent signs
    try:
        config.read(home / ".tutum", "utf-8")
    except (OSError, ConfigError, UnicodeDecodeError):
        return None
    user, apikey, basic = (
        config.get("auth", name, fallback="").strip() for name in ("user", "apikey", "basic_auth")
    )
    if basic:
        return f"Basic {basic}"
    return _basic(user, apikey) if user and apikey else None


def _basic(user: str, key: str) -> str:
    return f"Basic {b64encode(f'{user}:{key}'.encode()).decode()}"


def _text(value: object) -> str:
    """An option's text; a file that holds a secret often ends with a line feed."""
    text = value.value if isinstance(value, Secret) else value
    return text.strip() if isinstance(text, str) else ""


def _within(value: object, *keys: str) -> str:
    """The text under these keys of nested objects; empty if there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value.strip() if isinstance(value, str) else ""
