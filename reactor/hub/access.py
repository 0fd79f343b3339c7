"""Where the credentials of a hub come from: the rule file, else the environment."""

from collections.abc import Mapping
from pathlib import Path

from reactor.hub.auth import Credentials
from reactor.model.errors import ReactorError
from reactor.model.hub import HubSpec

USER, KEY, KEY_FILE = "REACTOR_HUB_USER", "REACTOR_HUB_APIKEY", "REACTOR_HUB_APIKEY_FILE"


def find_credentials(spec: HubSpec | None, environment: Mapping[str, str]) -> Credentials | None:
    """Those that the rule file has, else those of the environment, None if neither has any. Reads
    the file that KEY_FILE names. Raises ReactorError for halves, and for what cannot be read."""
    if spec and spec.user is not None and spec.apikey is not None:
        return Credentials(user=spec.user, key=spec.apikey.value)
    user, key = environment.get(USER), _key(environment)
    if not user and not key:
        return None
    if not user or not key:
        raise ReactorError(f"{USER} and {KEY}, or {KEY_FILE}, go together: set both, or none")
    if ":" in user:  # it would end the name in all that clients send
        raise ReactorError(f"{USER} is '{user}', expected a name without a colon")
    return Credentials(user=user, key=key)


def _key(environment: Mapping[str, str]) -> str | None:
    key, path = environment.get(KEY), environment.get(KEY_FILE)
    if key and path:
        raise ReactorError(f"both {KEY} and {KEY_FILE} are set: leave one of them out")
    if not path:
        return key
    try:
        key = Path(path).read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as fault:
        raise ReactorError(f"{KEY_FILE}: {path} cannot be read: {fault}") from fault
    if not key:
        raise ReactorError(f"{KEY_FILE}: {path} is empty")
    return key
