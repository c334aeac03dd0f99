"""The first meaningful words of a message, in any script."""

from __future__ import annotations

import re

from kern.models.offline.names.sentences import beginning
from kern.models.offline.words import word_set

_MOST_WORDS = 5
#: Scripts without spaces between words: a name has at most so many characters of them.
_LONGEST_UNSPACED = 18
_GREETINGS = (
    "hello|hi|hey|dear|good (?:morning|afternoon|evening|day)|greetings|hallo|guten (?:tag|morgen|abend)|moin|servus|"
    "sehr geehrter?|liebes?|lieber|bonjour|bonsoir|salut|madame|monsieur|hola|buen[oa]s? (?:d[ií]as?|tardes|noches)|"
    "estimad[oa]s?|ciao|buongiorno|buonasera|salve|gentile|ol[áa]|oi|bom dia|boa (?:tarde|noite)|prezad[oa]s?|"
    "goedemorgen|goedemiddag|goedendag|beste|geachte|hej|hejsan|cześć|dzień dobry|здравствуйте|добрый (?:день|вечер)|"
    "привет|merhaba|שלום|مرحبا|السلام عليكم|سلام|你好|您好|こんにちは|はじめまして|안녕하세요|नमस्ते|สวัสดี"
)
_GREETING = re.compile(rf"^\W*(?:{_GREETINGS})(?!\w)(?:[^.!?,。！？、，\n]{{0,40}}[.!?,:。！？、，\n])?\s*", re.I)
#: Words before a wish and small words at an end, which tell nothing of it.
_LEADS = re.compile(
    r"^(?:(?:when |how |where |why )?(?:can|could|do|does|will|should|may) (?:i|we|you|one)|"
    r"i am writing to|i was|i have|i would like to|i'd like to|i want to|i need to|"
    r"ich (?:möchte|will|würde|habe|brauche|hätte)(?: gerne?)?|wir (?:möchten|haben)|"
    r"je (?:voudrais|veux|souhaite|souhaiterais)|j['’]aimerais|"
    r"nous (?:voudrions|souhaitons)|"
    r"(?:yo )?(?:quiero|quisiera|querría|necesito|me gustaría)|vorrei|voglio|gostaria de|quero|preciso de|ik (?:wil|zou graag)|"
    r"я хочу|мне нужно|хочу|bitte|por favor|please)\s+",
    re.I,
)
_SMALL = word_set(
    """
    a an the to for of in on at with and or but from my our your nach für mit von und oder den die das der dem ein eine einen
    mein meine meinen à de du des le la les un une et mon ma mes pour el los las y mi mis para con en del il lo di da e o per
    do dos no na em met van het een и в на с
    """
)
_QUOTED = re.compile(r"^\s*>")
_BREAK = re.compile(r"[.!?。！？…;；\n]|, |，|、")
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]")


def opening_words(text: str) -> str:
    """Return up to five words of the first clause that says something; empty where there is none."""
    said = "\n".join(line for line in beginning(text).splitlines() if not _QUOTED.match(line))
    for _ in range(3):
        said = _GREETING.sub("", said, count=1)
    clauses = [" ".join(clause.split()) for clause in _BREAK.split(said)]
    clause = next((clause for clause in clauses if _says_something(clause)), "")
    if _UNSPACED.search(clause):
        return clause[:_LONGEST_UNSPACED].strip()
    clause = _LEADS.sub("", clause)
    words = " ".join(word for word in clause.split() if "@" not in word and "_" not in word).split()[:_MOST_WORDS]
    while len(words) > 1 and words[-1].lower() in _SMALL:
        words.pop()
    name = " ".join(words).strip(" -–—:,()\"'“”„«»")
    return name[:1].upper() + name[1:]


def _says_something(clause: str) -> bool:
    letters = sum(map(str.isalpha, clause))
    return len(clause.split()) > 1 or letters > 3 or bool(_UNSPACED.search(clause) and letters > 1)
