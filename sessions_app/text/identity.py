"""Identity of people: one form for each e-mail address, and names that cannot be mistaken for other people's.

Two texts that people or mail servers take for the same are the same here, so that no person can be given an address or a name
that passes for another person's.
"""

from __future__ import annotations

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from kern.validation.text import is_visible, without_hidden
from sessions_app.text.folding import fold

#: Separators of a domain's parts beside the plain dot, once compatibility forms are gone.
_OTHER_DOTS = str.maketrans(dict.fromkeys("\u3002\uff61", "."))
#: Signs that mail programs and people read as `@`.
_AT = re.compile(r"[@\uff20\ufe6b]|[\[({<]\s*at\s*[\])}>]", re.IGNORECASE)
#: Greek and Cyrillic letters that look like Latin ones, folded.
_LOOKALIKES = str.maketrans(
    dict(
        zip(
            "авекмнорстухѕіјԁɡһԛԝαβεικνορτυχ",
            "abekmhopctyxsijdghqwabeikvoptux",
            strict=True,
        )
    )
)
#: Latin letters and digits that fonts draw alike once case is gone.
_TWINS = str.maketrans("iı10", "lllo")
_SCRIPTS = ("LATIN", "CYRILLIC", "GREEK")


def canonical_address(text: str) -> str:
    """Return the one form in which an e-mail address is kept and compared.

    Compatibility forms (full-width letters and the like), case, invisible characters, blanks around it and the other dots of
    Unicode make no difference; an international domain is kept in ASCII, where letters of other scripts show.
    """
    plain = unicodedata.normalize("NFKC", without_hidden(unicodedata.normalize("NFKC", text)).strip().lower())
    local, at, domain = plain.rpartition("@")
    return f"{local}{at}{_ascii_domain(domain)}" if at else plain


def check_address(address: str) -> None:
    """Raise `ValidationError` where the part before the @ has letters outside of ASCII: they pass for others."""
    if not address.rpartition("@")[0].isascii():
        raise ValidationError(_("Write the part before the @ with plain letters, digits and signs."), code="invalid")


def check_name(name: str) -> None:
    """Raise `ValidationError` for a name that shows nothing, pretends to be an address or mixes alphabets within a word."""
    if name and not is_visible(name):
        raise ValidationError(_("This name shows nothing. Write one that people can read, or leave it empty."))
    if _AT.search(unicodedata.normalize("NFKC", name)):
        raise ValidationError(_("A name may not look like an e-mail address: leave out the @."))
    if any(len(_scripts_of(word)) > 1 for word in re.split(r"[^\w]+", name)):
        raise ValidationError(_("A word of a name may not mix letters of several alphabets: they pass for one another."))


def skeleton(name: str) -> str:
    """Return the form in which two names that look alike are equal: without case, accents, blanks, signs and alphabet."""
    letters = fold(name).translate(_LOOKALIKES).translate(_TWINS)
    return "".join(char for char in letters if char.isalnum())


def _ascii_domain(domain: str) -> str:
    plain = domain.translate(_OTHER_DOTS).strip(".")
    try:
        return plain.encode("idna").decode() if plain else plain
    except UnicodeError:
        return plain  # no domain at all, which the address's check says


def _scripts_of(word: str) -> set[str]:
    names = (unicodedata.name(char, "") for char in word if char.isalpha())
    return {script for name in names for script in _SCRIPTS if name.startswith(script)}
