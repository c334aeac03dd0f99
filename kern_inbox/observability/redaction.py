"""Remove secrets from text that leaves the program: log lines, tracebacks, error reports.

Two methods. The configured secrets of this installation (keys, passwords in addresses) are known and replaced everywhere. All
others are found by their form or by the name before them. The secret of a customer's link and an API token become the first
letters of their hash, the same that the database keeps (`access_hash`, `token_hash`): lines about one link can still be
connected, and found by a reader of the database. Passwords and cookies leave nothing.

Every pattern reads a text in linear time: repetitions are bounded or cannot overlap with what follows them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

HIDDEN = "[hidden]"
#: Shorter values of the configuration are words such as `any`; to blot them out would make the log unreadable.
SHORTEST_KNOWN = 6
DIGEST = 8

# A slash as it stands in an address, in a query (once or twice encoded) and in JSON.
_SLASH = r"(?:\\?/|%2[Ff]|%252[Ff])"
_END = r"""[^\s/?#"'<>&%\\]"""
_QUOTE = r"""(?:\\?["']|&\#x27;|&\#39;|&quot;)"""
_NAMES = "|".join(
    (
        "pass(?:word|wd|phrase)[12]?",
        "old_?password",
        "new_?password[12]?",
        "pwd",
        "secret(?:_?key)?",
        "(?:api|access|refresh|auth|id|csrf|csrfmiddleware)?[_-]?token",
        "api[_-]?key",
        "(?:proxy-)?authorization",
        "(?:set-)?cookie",
        "session_?id_?cookie",
        "sessionid",
        "session_key",
        "otp|totp|recovery_codes?",
        "(?:x-)?csrf-?token",
    )
)

#: In this order: the first alternative that fits at a place wins. Group names say what becomes of the text.
_PATTERN = re.compile(
    "|".join(
        (
            # Customers' links, also mistyped ones and without the slash at the end.
            rf"(?P<link>(?<![\w.-]){_SLASH}[cC]{_SLASH})(?P<link_secret>{_END}{{8,400}})",
            # Links to set a password, to confirm an address and to sign in.
            rf"(?P<door>{_SLASH}(?:reset{_SLASH}key|confirm-email|login{_SLASH}code){_SLASH})(?P<door_secret>{_END}{{6,400}})",
            # API tokens, keys of model servers, signed tokens of the web.
            r"(?P<token>\bkern_[A-Za-z0-9_-]{24,200})",
            r"(?P<key>\b(?:sk|rk|pk|gsk|xai|hf|ghp|glpat)[-_][A-Za-z0-9_*-]{12,300})",
            r"(?P<jwt>\beyJ[A-Za-z0-9_-]{8,4000}(?:\.[A-Za-z0-9_-]{1,4000}){1,2})",
            # Hashes of passwords.
            r"(?P<hash>\b(?:pbkdf2_\w{1,20}|argon2\w{0,2}|bcrypt\w{0,10}|scrypt|md5)\$[A-Za-z0-9+/=$.,_-]{8,300})",
            # Addresses with a password in them.
            r"""(?P<account>(?<![a-zA-Z0-9+.-])[a-zA-Z][a-zA-Z0-9+.-]{1,20}://[^\s/@:"'<>]{0,200}:)"""
            r"""(?P<account_secret>[^\s/"'<>]{1,300})(?=@)""",
            # The whole Authorization header: django-ninja logs it where it is no bearer token.
            r"(?P<refused>Unexpected auth - )(?P<refused_secret>.{1,8000})",
            r"(?P<scheme>\b(?:[Bb]earer|BEARER|Basic|Digest|Negotiate)[ +])(?P<scheme_secret>[A-Za-z0-9._~+/=:-]{6,8000})",
            # A value with the name of a secret, as `name=value`, `"name": "value"` or a pair of a name and a value.
            rf"(?P<name>(?<![A-Za-z])(?i:{_NAMES})(?:{_QUOTE}\s?[:,]|\s?[=:])\s?(?:b|u)?{_QUOTE}?)"
            # In quotes up to the next one, else one word, or two where the first says how to be let in.
            r"""(?P<name_secret>(?<=["'])[^"'\\\n]{1,8000}|(?<=;)[^&\n]{1,8000}"""
            r"""|(?:(?i:bearer|basic|digest|token)\s)?[^\s"'&,;)}\]\\]{1,8000})""",
            # Random-looking text with the length of our secrets, sessions and CSRF tokens.
            r"(?P<lot>(?<![A-Za-z0-9_-])(?:[A-Za-z0-9_-]{64}|[A-Za-z0-9_-]{32})(?![A-Za-z0-9_-]))",
        )
    )
)
#: Everything that the last alternative is not: ids of ours are hexadecimal, names of things have no digit or no capital.
_HEXADECIMAL = re.compile(r"[0-9a-f-]+|[0-9A-F-]+|page-[0-9a-f]+")
_known: re.Pattern[str] | None = None


def redacted(text: str) -> str:
    """Return the text without its secrets."""
    if _known is not None:
        text = _known.sub(HIDDEN, text)
    return _PATTERN.sub(_replacement, text)


def hide(values: Iterable[str | None]) -> None:
    """Redact these values everywhere, from now on. Called once, by the set-up of logging."""
    global _known
    known = sorted({value for value in values if value and len(value) >= SHORTEST_KNOWN}, key=len, reverse=True)
    _known = re.compile("|".join(map(re.escape, known))) if known else None


def secrets_in(texts: Iterable[str]) -> set[str]:
    """Return the secrets in the texts of a configuration: of an address its password, encoded and decoded."""
    found: set[str] = set()
    for text in texts:
        if "://" not in text:
            found.add(text)
        elif password := _password_in(text):
            found |= {password, unquote(password)}
    return found


def digest_of(secret: str) -> str:
    """Return the placeholder of a random secret: the beginning of the hash that the database keeps of it."""
    return f"[secret {hashlib.sha256(secret.encode(errors='replace')).hexdigest()[:DIGEST]}]"


def _password_in(url: str) -> str:
    try:
        password = urlsplit(url).password
    except ValueError:
        password = None
    if password:
        return password
    # A password with a slash in it, which makes the address invalid: everything between the name and the last @.
    found = re.search(r"://[^@:/]*:(.*)@", url)
    return found[1] if found else ""


def _replacement(found: re.Match[str]) -> str:
    kind = found.lastgroup or ""
    if kind == "token":
        return digest_of(found[kind])
    if kind == "lot":
        return digest_of(found[kind]) if _is_drawn_by_lot(found[kind]) else found[kind]
    if kind == "link_secret":
        return found["link"] + digest_of(unquote(found[kind]))
    if kind.endswith("_secret"):
        return found[kind.removesuffix("_secret")] + HIDDEN
    return HIDDEN


def _is_drawn_by_lot(word: str) -> bool:
    if _HEXADECIMAL.fullmatch(word) or not any(letter.isdigit() for letter in word):
        return False
    has_both = any(letter.isupper() for letter in word) and any(letter.islower() for letter in word)
    return has_both or word.isalnum()
