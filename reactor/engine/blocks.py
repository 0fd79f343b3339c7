"""A message within Slack's limits: what is too long is cut, and a "…" says so. Pure.

Limits: docs/platforms.md §5.
"""

import re

from reactor.model.secret import Vault

TEXT_LIMIT = 4000
BLOCKS_LIMIT = 50

_TEXT = 3000
_TEXTS_OF_TYPE = {"header": 150, "button": 75, "markdown": 12_000}
_TEXTS_OF_KEY = {"fields": 2000, "value": 2000, "url": 3000, "image_url": 3000, "alt_text": 2000}
_ITEMS = {("section", "fields"): 10, ("context", "elements"): 10, ("actions", "elements"): 25}

_MARK = "…"
_PARTIAL_ENTITY = re.compile(r"&[a-z]{0,3}$")


def cut_blocks(blocks: list[object], vault: Vault) -> list[object]:
    """As many blocks as Slack takes, none with more in it than Slack takes in one of its type."""
    more = len(blocks) - (BLOCKS_LIMIT - 1)
    if more > 1:
        rest = {"type": "context", "elements": [_text(f"{_MARK} {more} more")]}
        blocks = [*blocks[: BLOCKS_LIMIT - 1], rest]
    return [_cut(block, _TEXT, vault) for block in blocks]


def _text(words: str) -> object:
    return {"type": "plain_text", "text": words}


def _cut(value: object, limit: int, vault: Vault) -> object:
    """The value with no text longer than `limit`, or than what its own type allows."""
    if isinstance(value, str):
        return cut(value, limit, vault)
    if isinstance(value, list):
        return [_cut(item, limit, vault) for item in value]
    if not isinstance(value, dict):
        return value
    kind = str(value.get("type"))
    within = _TEXTS_OF_TYPE.get(kind, limit)
    return {
        key: _cut(_few(item, _ITEMS.get((kind, key))), _TEXTS_OF_KEY.get(key, within), vault)
        for key, item in value.items()
    }


def _few(value: object, most: int | None) -> object:
    """A list of at most so many; texts end in a mark, buttons have no place for one."""
    if most is None or not isinstance(value, list) or len(value) <= most:
        return value
    is_text = all(isinstance(each, dict) and "text" in each for each in value)
    is_button = any(isinstance(each, dict) and each.get("type") == "button" for each in value)
    return [*value[: most - 1], _text(_MARK)] if is_text and not is_button else value[:most]


def cut(text: str, limit: int, vault: Vault) -> str:
    """At most `limit` characters, ending in "…" if any are missing; no entity and no mark of a
    secret is cut in two."""
    if len(text) <= limit:
        return text
    kept, room = "", limit - 1
    for part in vault.split(text):
        written = part if isinstance(part, str) else vault.mark(part.reference)
        if len(written) > room:
            kept += part[:room] if isinstance(part, str) else ""
            break
        kept, room = kept + written, room - len(written)
    return _PARTIAL_ENTITY.sub("", kept) + _MARK
