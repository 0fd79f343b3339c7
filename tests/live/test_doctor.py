"""The doctor and a real engine: all is well, and nothing has changed."""

from pathlib import Path

from tests.cli.program import Program
from tests.live.engine import Engine

RULES = """\
sources:
  local:
    type: docker
    host: {host}
    allow: [start, stop, restart, redeploy, terminate]
rules:
  - {{name: any, match: {{type: container}}, actions: [{{log: info}}]}}
"""


def test_a_real_engine_is_well_and_what_may_be_called_is_not_called(engine: Engine, tmp_path: Path):
    container = engine.run("echo ready; while :; do /bin/busybox sleep 1; done")
    before = engine.docker("inspect", container)
    (tmp_path / "rules.yaml").write_text(RULES.format(host=engine.host))

    with Program(tmp_path, "doctor", "rules.yaml", "--data-dir", "data") as program:
        code, lines = program.ended(), program.out.all()

    assert code == 0, lines
    assert any(f" at {engine.host}, API 1." in line for line in lines)
    assert "ok       source local calls: POST (start), POST (stop), POST (restart), DELETE" in (
        line.removesuffix(", POST (update)")
        for line in lines  # if it is a manager
    )
    assert engine.docker("inspect", container) == before
