"""`reactor schema`: the JSON Schema of the rule file, for editors."""

import json

from reactor.actions import ACTIONS
from reactor.cli.output import data
from reactor.config.schema import json_schema
from reactor.sources import SOURCES


def schema() -> None:
    """Print the JSON Schema of the rule file.

    Example:  reactor schema > reactor.schema.json
    """
    for line in json.dumps(json_schema(SOURCES, ACTIONS), indent=2).splitlines():
        data(line)
