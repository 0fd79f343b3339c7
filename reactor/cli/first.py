"""The first rule file: its text, made of what was found. It names variables and holds no secret."""

from reactor.cli.found import SLACK_VARIABLE, Found

SAMPLE = "events.jsonl"
"""The file that events come from where there is nothing else."""

_HEAD = """\
# The rules of this machine, begun by `reactor init`; they are yours to change.
#
#   reactor check     finds every mistake in this file
#   reactor test      runs the tests below in milliseconds, and sends nothing
#   reactor run       is the service
#
# docs/rules.md explains the language, rules.example.yaml shows more of it.
version: 1

# Where events come from.
sources:
"""

_SOURCES = {
    "docker": "  local: {type: docker} # the engine of $DOCKER_HOST, else of this machine\n",
    "dockercloud": "  cloud: {type: dockercloud} # account and hosts: $DOCKERCLOUD_…\n",
    "tutum": "  tutum: {type: tutum} # account and hosts: $TUTUM_…\n",
}

_SAMPLE_SOURCE = f"""\
  # Neither a Docker Engine nor an account was found, so events are lines that you add to a file.
  # With an engine, write instead: local: {{type: docker}}
  sample: {{type: file, path: {SAMPLE}, follow: true}}
"""

_SLACK = f"""
# Where messages go. Secrets stay outside: ${{VAR}}, ${{file:PATH}}, or ${{cred:NAME}} of systemd.
destinations:
  ops:
    type: slack
    url: ${{{SLACK_VARIABLE}}}
    rate_limit: 1 per 1s # delays, never drops
"""

_NO_SLACK = f"""
# Where messages go: so far to reactor's own log. With {SLACK_VARIABLE} in the environment take away
# these #, and write `slack: ops` for `log: warning` below, and `slack` for `log` in the tests.
#destinations:
#  ops: {{type: slack, url: "${{{SLACK_VARIABLE}}}", rate_limit: 1 per 1s}}
"""

_CRASHED = """
rules:
  - name: a container crashed
    match:
      type: container
      state: Stopped
      container.exit_code: {not: [0, 143]} # 143: it was asked to end, and did
    unless: {planned: true} # a stop or a deploy, whatever the exit code
    group_by: container.name # the throttle counts for each name apart
    actions:
      - @ALERT@
        text: >-
          {{ container.name }} stopped with exit code {{ container.exit_code }}
          {%- if suppressed %} (+{{ suppressed }} held back){% endif %}
        throttle: 1 per 5m # drops what is over it, and counts
    tests:
      - name: one alert in five minutes
        facts: {container.name: web-1, container.exit_code: 7}
        steps:
          - send: {}
            expect: [@NAME@]
          - wait: 1m
          - send: {}
            because: throttled
          - wait: 4m
          - send: {}
            expect: [@NAME@]
      - name: a good end is no alert, and a planned one neither
        facts: {container.name: web-1, container.exit_code: 0}
        steps:
          - send: {}
            because: condition_false
          - send: {}
            facts: {container.name: web-1, container.exit_code: 137, planned: true}
            because: condition_false
"""

_UNWELL = """
  # Docker's own event stands under `docker`.
  - name: a container is unwell
    match:
      docker.Action: [oom, "health_status: unhealthy"]
    group_by: [container.name, docker.Action]
    actions:
      - @ALERT@
        text: "{{ container.name }} ({{ container.image }}): {{ docker.Action }}"
        throttle: 1 per 10m
    tests:
      - name: unhealthy and healthy again
        facts: {container.name: web-1, container.image: "shop/web:7"}
        steps:
          - send: {docker: {Action: "health_status: unhealthy"}}
            expect: [@NAME@]
          - send: {docker: {Action: "health_status: healthy"}}
            because: condition_false
"""

_REDEPLOYED = """
  # A call back to the API, with the source's own account. In the shadow it is decided and recorded,
  # and not made: take `shadow` away when `reactor evaluations` shows what you want.
  - name: what crashed is redeployed
    source: @SOURCES@
    match:
      type: container
      state: Stopped
      container.exit_code: {not: [0, 143]}
    group_by: service.name
    actions:
      - redeploy: service
        throttle: 3 per 1h
        shadow: true
    tests:
      - name: so far in the shadow
        facts: {service.name: web, container.exit_code: 7}
        steps:
          - send: {}
            because: shadow
"""

_CALLED_BACK = {"dockercloud": "cloud", "tutum": "tutum"}
"""The names of the sources that take calls back, by type."""


def first_file(found: Found) -> str:
    """A rule file for what was found: it loads without a warning, and its tests pass."""
    called_back = [_CALLED_BACK[kind] for kind in found.sources if kind in _CALLED_BACK]
    parts = [
        _HEAD,
        *(_SOURCES[kind] for kind in found.sources),
        *([] if found.sources else [_SAMPLE_SOURCE]),
        _SLACK if found.slack else _NO_SLACK,
        _CRASHED,
        *([_UNWELL] if "docker" in found.sources else []),
        *([_REDEPLOYED] if called_back else []),
    ]
    return (
        "".join(parts)
        .replace("@ALERT@", "slack: ops" if found.slack else "log: warning")
        .replace("@NAME@", "slack" if found.slack else "log")
        .replace("@SOURCES@", f"[{', '.join(called_back)}]")
    )
