"""Credentials in a text, known by their form: an issuer's prefix, a header, a name before a value.

Pure, and linear in the text whatever it is, for it is a stranger's: what repeats is possessive, is
bounded, or cannot begin again within itself.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

Span = tuple[int, int]
"""Where something begins and ends in a text."""

_SHORTEST_RANDOM = 8
_LONGEST_RUN = 4  # letters of one kind in a row, on the average, in what is drawn by chance

_ISSUED = (
    r"gh[oprsu]_|github_pat_|gl(?:pat|ptt|dt|rt|cbt|ft|oas|soat)-|xox[a-z]-|xapp-|npm_|hf_|"
    r"[rs]k_(?:live|test)_|whsec_|sk-|dop_v1_|dckr_(?:pat|oat)_|hvs\.|SG\.|AIza"
)
_HOOKS = r"hooks\.slack\.com/(?:services|workflows|triggers)|discord(?:app)?\.com/api/webhooks"
_BETWEEN = r"[\s\"'\\=:>\]]{1,8}"
_NO_PATH = rf"(?!{_BETWEEN}(?:[~.]{{0,2}}/|[A-Z]:\\))"  # as a shell's PWD is
_FOUR_DIGITS = rf"(?={_BETWEEN}[0-9]{{4}})"  # the pins of a board have fewer
_NAME = (
    rf"(?:passw(?:or)?d|passwort|passphrase|passcode|pass(?!:)|(?<=_)pwd|pwd{_NO_PATH}|pw|"
    rf"(?<=[_-])pin{_FOUR_DIGITS}|secret|token|credentials?|"
    r"(?:api|access|account|auth|encryption|private|secret|signing)[_-]?key|signature|\bsig)"
)
# Quotes may themselves stand in a quoted text, as in JSON within JSON.
_IS = r"(?:\\?[\"'])?\]?[ \t]{0,3}(?:=>|:=|==?|:)[ \t]{0,3}"
_VALUE = (
    r"(?:\\[\"']([^\"'\\\n]++)"
    r"|\"((?:[^\"\\\n]|\\.)++)"
    r"|'([^'\n]++)"
    r"|(?![\[{(<])([^\s\"'&;\\]++))"
)
_OPENED = r"[\\\"'\[]{0,3}"
_SCHEMES = r"(?:(?:basic|bearer|digest|key|negotiate|token)[ \t]{1,3})?"
_NO_PROSE = r"(?![A-Z]?[a-z.-]++(?![\w~+/=]))"  # as in "basic authentication"
_BEGIN = r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,10}-----"
# Not possessive: Python before 3.11.3 forgets the look ahead in what it repeats so.
_KEY_BODY = r"(?:[\w+/=\s\\:,]|-(?!----END))*"
# Between an option and its value, also in a list: `["curl", "-u", "bob:hunter2"]`.
_THEN = r"(?:=|[ \t]{1,3}|\\?[\"'],[ \t]?\\?)?"
_PAIR = (
    r"(?:'[^'\n:]*+:([^'\n]++)|\"[^\"\n:]*+:([^\"\n]++)"
    r"|(?![0-9]++:[0-9]++(?!\S))[^\s\"':]*+:([^\s\"']++))"  # not two numbers: ids, or ports
)
_GLUED = (
    r"(?:(?<![\"'])-p(?:'([^'\n]++)|\"([^\"\n]++))"
    r"|-p(?![0-9.]*+:[0-9])([^\s\"']++))"  # not a port, as Docker is given it
)


def _option(commands: str, option: str) -> str:
    """An option of one of these commands, further on in its line. Every other call of them ends the
    search, for it begins one of its own."""
    call = rf"(?<![\w.-])(?:{commands})(?![\w.-])"
    return rf"{call}(?:[^\w.\n|-]++(?!{call})[\w.-]++)*?[^\w.\n|-]++{option}"


# Of each the last group that took part is the credential, without one the whole.
_FORMS = (
    rf"(?<![A-Za-z0-9])(?:{_ISSUED})[\w.-]{{16,}}",
    r"(?<![A-Z0-9])A(?:KIA|SIA|GPA|IDA|ROA|NPA|NVA)[A-Z0-9]{16}(?![A-Z0-9])",
    rf"(?:{_HOOKS})/([\w/-]++)",
    # A JSON Web Token (RFC 7519): the first of its parts is an object in base64.
    r"(?<![\w-])eyJ[\w-]{8,}+\.[\w-]++(?:\.[\w-]++)?",
    # A private key (RFC 7468), also one whose end or whose beginning is missing.
    rf"{_BEGIN}{_KEY_BODY}(?:-----END [A-Z0-9 ]{{0,60}}-----)?",
    r"\A[\w+/=\s\\]++-----END [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,10}-----",
    # user:password@ in a URL (RFC 3986, §3.2.1).
    r"://[^\s/:@\"']*+:([^\s/\"']+)@",
    rf"(?i)authorization{_IS}{_OPENED}{_SCHEMES}([^\s\"'\\,;\]]++)",
    rf"(?i)cookie{_IS}{_OPENED}([\w.-]{{1,64}}=[^\n\"'\\\]]++)",
    rf"\b(?:[Bb]asic|BASIC|[Bb]earer|BEARER)[ \t]{{1,3}}{_NO_PROSE}([\w.~+/=-]{{8,}})",
    rf"(?i){_NAME}(?:[_-]?[0-9]{{1,3}})?{_IS}{_VALUE}",
    rf"(?i)(?<![\w-])--?[a-z0-9-]{{0,30}}?{_NAME}[ \t]{{1,3}}([^\s\"'-][^\s\"']*+)",
    _option("mysql(?:dump|admin)?|mariadb(?:-dump|-admin)?", _GLUED),
    _option("curl", rf"(?:-[A-Za-z]{{0,9}}[uU]|--(?:proxy-)?user){_THEN}{_PAIR}"),
)
_COMPILED = tuple(re.compile(form, re.ASCII) for form in _FORMS)


def tokens(text: str) -> Iterator[Span]:
    """Where credentials stand that their form gives away, in no order; they may overlap.

    The forms are those that the issuers document: AWS, GitHub, GitLab, Slack, Stripe, Google, npm,
    Docker Hub and others; headers, private keys, URLs; and values behind names like `password=`.
    """
    for form in _COMPILED:
        for match in form.finditer(text):
            yield match.span(match.lastindex or 0)


def looks_random(word: str) -> bool:
    """Whether a word of eight letters or more seems drawn by chance: digits among letters, and one
    kind soon after another. Names, versions and paths of everyday do not."""
    kinds = [kind for kind in map(_kind, word) if kind]
    turns = sum(one != other for one, other in pairwise(kinds))
    enough = 3 if len(set(kinds)) == 3 else 4
    is_mixed = "digit" in kinds and turns >= max(enough, len(word) / _LONGEST_RUN)
    return len(word) >= _SHORTEST_RANDOM and is_mixed


def _kind(letter: str) -> str:
    if letter.isdigit():
        return "digit"
    if letter.islower():
        return "lower"
    return "upper" if letter.isupper() else ""
