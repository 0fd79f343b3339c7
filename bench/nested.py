"""A mix of large events, 5 to 20 KB: what GitHub tells of pushes and pull requests, in envelopes of
CloudEvents. Rules ask deep inside: repositories, labels, authors, files, branches, numbers.
"""

import hashlib
import json
import random

TYPES = ("push", "pull_request", "release", "issues", "workflow_run")
ACTIONS = ("opened", "closed", "labeled", "synchronize", "published", "completed")
LANGUAGES = ("Python", "Go", "Rust", "TypeScript", "Java", "C")
REPOSITORIES, PEOPLE, TEAMS, LABELS, FOLDERS = 2_000, 500, 40, 60, 300
COMMITS = range(5, 36)


def nested_match(chance: random.Random, number: int) -> dict[str, object]:
    """The `match` of one rule; its number says of which kind."""
    kind = f"com.github.{chance.choice(TYPES)}"
    wanted: tuple[dict[str, object], ...] = (
        {"type": kind, "data.repository.full_name": _repository(chance)},
        {"type": kind, "data": {"pull_request": {"labels": {"name": _label(chance)}}}},
        {"type": kind, "data.commits.author.email": _email(_person(chance))},
        {"data.ref": {"prefix": _branches(chance)}, "data.action": chance.sample(ACTIONS, 2)},
        {"data.commits.modified": {"prefix": _folder(chance)}},
        {
            "data.pull_request.additions": {"gte": chance.randrange(1_500, 2_000)},
            "data.repository.language": chance.choice(LANGUAGES),
        },
    )
    return wanted[number % len(wanted)]


def nested_frames(count: int) -> list[bytes]:
    """Events of the mix."""
    chance = random.Random(4)
    return [json.dumps(_event(chance, number)).encode() for number in range(count)]


def _event(chance: random.Random, number: int) -> dict[str, object]:
    repository = _repository(chance)
    return {
        "specversion": "1.0",
        "id": _sha(number),
        "type": f"com.github.{chance.choice(TYPES)}",
        "source": f"https://github.com/{repository}",
        "time": "2030-01-07T12:00:00Z",
        "datacontenttype": "application/json",
        "data": {
            "action": chance.choice(ACTIONS),
            "ref": f"{_branches(chance)}change-{number}",
            "repository": _repository_of(chance, repository),
            "pull_request": _pull_request(chance, number),
            "commits": [_commit(chance) for _ in range(chance.choice(COMMITS))],
            "sender": _user(_person(chance)),
        },
    }


def _repository_of(chance: random.Random, name: str) -> dict[str, object]:
    links = (
        "keys",
        "teams",
        "hooks",
        "events",
        "branches",
        "tags",
        "languages",
        "merges",
        "labels",
    )
    return {
        "full_name": name,
        "private": False,
        "owner": _user(_person(chance)),
        "description": "What customers see, and what they do not. " * 4,
        "language": chance.choice(LANGUAGES),
        "topics": [_label(chance) for _ in range(4)],
        "stargazers_count": chance.randrange(5_000),
        "default_branch": "main",
        **{f"{link}_url": f"https://api.github.com/repos/{name}/{link}" for link in links},
    }


def _pull_request(chance: random.Random, number: int) -> dict[str, object]:
    return {
        "number": number,
        "title": f"Change {number}",
        "body": "Why this is needed, and how it was tried. " * 8,
        "additions": chance.randrange(2_000),
        "deletions": chance.randrange(2_000),
        "labels": [{"name": _label(chance), "color": "d73a4a"} for _ in range(3)],
        "requested_reviewers": [_user(_person(chance)) for _ in range(2)],
        "head": {"ref": f"change-{number}", "sha": _sha(number)},
        "base": {"ref": "main", "sha": _sha(number + 1)},
    }


def _commit(chance: random.Random) -> dict[str, object]:
    author, sha = _person(chance), _sha(chance.randrange(2**32))
    return {
        "id": sha,
        "message": "Say what was found, and what was expected instead of it",
        "timestamp": "2030-01-07T11:59:00Z",
        "url": f"https://github.com/acme/commit/{sha}",
        "author": {"name": author, "email": _email(author), "username": author},
        "added": [f"{_folder(chance)}new.py"],
        "removed": [],
        "modified": [f"{_folder(chance)}{name}.py" for name in ("main", "settings", "views")],
    }


def _user(login: str) -> dict[str, object]:
    at = f"https://api.github.com/users/{login}"
    return {"login": login, "type": "User", "url": at, "repos_url": f"{at}/repos"}


def _repository(chance: random.Random) -> str:
    return f"acme/service-{chance.randrange(REPOSITORIES):04}"


def _person(chance: random.Random) -> str:
    return f"person-{chance.randrange(PEOPLE):03}"


def _email(person: str) -> str:
    return f"{person}@example.com"


def _branches(chance: random.Random) -> str:
    return f"refs/heads/team-{chance.randrange(TEAMS):02}/"


def _label(chance: random.Random) -> str:
    return f"area/{chance.randrange(LABELS):02}"


def _folder(chance: random.Random) -> str:
    return f"services/part-{chance.randrange(FOLDERS):03}/"


def _sha(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()[:40]
