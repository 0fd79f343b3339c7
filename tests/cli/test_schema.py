"""`reactor schema` prints what editors need."""

import json

from tests.cli.conftest import Cli


def test_the_schema_is_one_json_document(cli: Cli) -> None:
    schema = json.loads(cli("schema").out)

    assert "rules" in schema["properties"]
