"""A mix that is hard for any index: a quarter each of the rules ask for a part of a text, for the
contrary of a state, for a range of numbers, and for any of three fields. Its events are mix.py's.
"""

import random

from bench.mix import PARENTS, STATES, service_uri

CODES = 256


def hard_match(chance: random.Random, number: int) -> dict[str, object]:
    """The `match` of one rule; its number says of which kind."""
    kind, state, code = number % 4, chance.choice(STATES), chance.randrange(CODES)
    if kind == 0:
        return {"resource_uri": {"contains": f"{chance.randrange(65_536):04x}"}}
    if kind == 1:
        return {"state": {"not": state}}
    if kind == 2:
        return {"code": {"gte": code, "lt": code + chance.randrange(1, 33)}}
    parent = service_uri(chance.randrange(PARENTS))
    return {"any": [{"state": state}, {"parents": parent}, {"code": code}]}
