"""The writing of a language: a name of a few words does not tell its language, but it tells its script.

Names of other scripts than the language's own and the Latin one, which brands and codes are written in, are refused; so are
names that are mostly no Latin where the language is written so.
"""

from __future__ import annotations

import unicodedata

from django.utils.translation import get_language_info

ANY = "any"
_LATIN = "af az bs ca cs cy da de en es et eu fi fr ga gl hr hu id is it lt lv ms nb nl nn no pl pt ro sk sl sq sv sw tr uz vi"
_SCRIPTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(_LATIN.split(), ()),
    **dict.fromkeys(["be", "bg", "kk", "mk", "ru", "sr", "uk"], ("CYRILLIC",)),
    **dict.fromkeys(["ar", "fa", "ur"], ("ARABIC",)),
    **dict.fromkeys(["hi", "mr", "ne"], ("DEVANAGARI",)),
    "el": ("GREEK",),
    "he": ("HEBREW",),
    "bn": ("BENGALI",),
    "ta": ("TAMIL",),
    "th": ("THAI",),
    "ja": ("CJK", "HIRAGANA", "KATAKANA"),
    "zh": ("CJK", "BOPOMOFO"),
    "ko": ("HANGUL", "CJK"),
}
#: Languages that an admin can choose.
KNOWN = (*(code for code in _SCRIPTS if code != "zh"), "zh-hans", "zh-hant")


def is_foreign(text: str, language: str) -> bool:
    """Return whether most letters of the text are of a script that the language does not use. Unknown languages use all."""
    scripts = _SCRIPTS.get(language.lower().replace("_", "-").split("-")[0])
    if scripts is None:
        return False
    letters = [unicodedata.name(char, "") for char in unicodedata.normalize("NFKC", text) if char.isalpha()]
    foreign = sum(not name.startswith(("LATIN", *scripts)) for name in letters)
    return 2 * foreign > len(letters)


def name_of(language: str) -> str:
    """Return the language's English name, for models; the code where Django has no name."""
    try:
        return str(get_language_info(language.lower())["name"])
    except KeyError:
        return language
