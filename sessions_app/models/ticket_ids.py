"""Ticket ids in people's text: "Ticket#ZD-48213", a pasted web address, digits of another script. Text alone, no rows."""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit, urlunsplit

from kern.validation import patterns

#: Longest id of a ticket (characters).
LONGEST_ID = 80
#: The default form of ids: words and numbers, and at least one digit. `new` and `..` are pages.
ANY_ID = re.compile(r"(?=.*\d)\w+(?:[._:-]\w+)*")

_PAIRS = {"<": ">", "(": ")", "[": "]", "{": "}", '"': '"', "'": "'", "`": "`", "“": "”", "„": "“", "‘": "’", "«": "»"}
_LABELLED = re.compile(r"\[[^\]]*\]\((?P<markdown>\S+)\)|(?P<chat>https?://[^|\s]+)\|.*", re.IGNORECASE)
#: The words before an id that ticket systems print and people say: "Ticket#", "Case no. ", "#"; a number may follow directly.
_PREFIX = re.compile(
    r"(?:ticket|issue|case|request|incident|bug|task|call|pull request|pr|vorgang|anfrage|caso|заявка|工单|チケット)?"
    r"[\s-]?(?:number|nummer|id|no|nr|n°|号)?(?:\s*[.:#]+\s*|\s+|(?=\d))",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"https?://", re.IGNORECASE)
_USUAL_PORTS = (None, 80, 443)
#: A class of characters in a regular expression, and how many of them: what an example is made from.
_PIECE = re.compile(r"(\\d|\\w|\[0-9\]|\[[A-Za-z]-[^\]]*\])(?:\{(\d+)[^}]*\}|([+*]))?")


def normalized(text: str) -> str:
    """Return the text in one spelling: no full-width characters, digits and hyphens of ASCII, nothing hidden, single spaces."""
    return " ".join("".join(map(_plain, unicodedata.normalize("NFKC", text))).split())


def _plain(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.digit(char))
    if category == "Pd" or char in "\N{MINUS SIGN}\N{HYPHEN BULLET}\N{MODIFIER LETTER MINUS SIGN}":
        return "-"
    if char.isspace() or category in ("Cc", "Cs"):
        return " "
    return "" if category == "Cf" else char


def guesses(text: str) -> list[str]:
    """Return candidates for the id or the address in normalised text, the most literal first.

    Without brackets, then without prefix.
    """
    found = [text]
    while (peeled := _peeled(found[-1])) != found[-1]:
        found.append(peeled)
    return [guess for guess in found if guess]


def _peeled(text: str) -> str:
    if label := _LABELLED.fullmatch(text):
        return label["markdown"] or label["chat"]
    if len(text) > 1 and _PAIRS.get(text[0]) == text[-1]:
        return text[1:-1].strip()
    if text.endswith((".", ",", ";", ":", "!", "?")):
        return text[:-1].rstrip()
    prefix = _PREFIX.match(text)
    return text[prefix.end() :] if prefix else text


def spellings(ticket_id: str) -> list[str]:
    """Return the id as it is, then in capitals and in small letters: a pattern may know one of them alone."""
    return list(dict.fromkeys((ticket_id, ticket_id.upper(), ticket_id.lower())))


def fits(pattern: str, ticket_id: str) -> bool:
    """Return whether an id fits the pattern, and changes no other part of an address."""
    leads_elsewhere = {"", ".", ".."} & set(ticket_id.split("/"))
    if leads_elsewhere or len(ticket_id) > LONGEST_ID:
        return False
    # An admin's typing error in one system must not stop the others: nothing fits a pattern that cannot be used.
    return patterns.fits(pattern, ticket_id) if pattern else ANY_ID.fullmatch(ticket_id) is not None


def without_key(text: str, key: str) -> str:
    """Return what follows a system's key in "ZD-48213", "zd48213" or "ZD #48213"; empty without a key or a number after it."""
    if not key or not text.casefold().startswith(key.casefold()):
        return ""
    rest = text[len(key) :].lstrip(" -#:_")
    return rest if rest[:1].isdigit() else ""


def has_scheme(text: str) -> bool:
    """Return whether the text is a web address with a scheme, so that it can't be an id."""
    return _SCHEME.match(text) is not None


def is_address(text: str) -> bool:
    """Return whether the text is a web address, also without the `https://` that browsers hide."""
    return has_scheme(text) or re.match(r"(?://)?[\w-]+(?:\.[\w-]+)+(?::\d+)?/", text) is not None


def id_in_address(template: str, address: str) -> str:
    """Return the text in the place of the template's `{id}`, empty when it is another address.

    Scheme, usual ports, capitals of the host, and the rest after the id make no difference.
    """
    wanted, given = _split(template), _split(address)
    if wanted is None or given is None or {".", ".."} & set(unquote(given.path).split("/")):
        return ""
    if "{id}" in wanted.query:
        return _in_query(wanted, given)
    before, _id, after = urlunsplit(wanted).partition("{id}")
    # A copied address may end after the id, or go on to a part of the ticket.
    rest = r"(?:[/?#&;].*)?" if after[:1] in ("", *"/?#&;") else rf"{re.escape(after)}.*"
    found = re.fullmatch(rf"{re.escape(before)}([^/?#&;]+?){rest}", urlunsplit(given))
    return normalized(unquote(found[1])) if found else ""


def _in_query(wanted: SplitResult, given: SplitResult) -> str:
    """Return the parameter in the place of `{id}`, where the others are equal in any order."""
    if (wanted.netloc, wanted.path) != (given.netloc, given.path):
        return ""
    parameters = _parameters(given.query)
    found = ""
    for name, value in _parameters(wanted.query).items():
        before, is_id, after = value.partition("{id}")
        has = parameters.get(name, "")
        if (not is_id and has != value) or not (has.startswith(before) and has.endswith(after)):
            return ""
        found = found or (normalized(has[len(before) : len(has) - len(after)]) if is_id else "")
    return found


def _parameters(query: str) -> dict[str, str]:
    return dict(parse_qsl(query.replace(";", "&"), keep_blank_values=True))


def _split(address: str) -> SplitResult | None:
    """Return the address's parts with a normalised host; `None` for an invalid address."""
    whole = address if has_scheme(address) else f"https://{address.lstrip('/')}"
    if "\\" in whole:
        # Browsers take it for a slash and urllib does not: each would go to another host.
        return None
    try:
        parts = urlsplit(whole)
        port = "" if parts.port in _USUAL_PORTS else f":{parts.port}"
    except ValueError:
        return None
    host = (parts.hostname or "").rstrip(".")
    with suppress(UnicodeError):
        host = host.encode("idna").decode()
    return SplitResult("https", f"{host}{port}", parts.path or "/", parts.query, parts.fragment)


def example_of(pattern: str) -> str:
    """Return an id that fits the pattern, empty where it is too complex to make one up."""
    made = _PIECE.sub(_example, pattern or r"\d{5}").replace("\\", "").strip("^$")
    return made if fits(pattern, made) else ""


def _example(piece: re.Match[str]) -> str:
    letters = "1234567890" if piece[1] in (r"\d", "[0-9]") else "abcdefghij" if piece[1].startswith("[a") else "ABCDEFGHIJ"
    many = int(piece[2]) if piece[2] else 3 if piece[3] else 1
    return (letters * 8)[:many]
