"""How models announce a name, decline to give one, or call it, in the languages that desks mostly speak."""

from __future__ import annotations

import re
from collections.abc import Iterable

#: What a title is called, in answers and as a key of JSON.
_ENGLISH = """
    title name session_name session_title conversation_name conversation_title chat_title chat_name thread_title topic subject
    label heading headline summary
"""
_OTHERS = """
    titel thema betreff titre nom sujet objet título titulo nombre tema asunto titolo nome oggetto assunto
    название заголовок тема имя 标题 標題 名称 名稱 主题 タイトル 題名 件名 제목 이름
"""
KEYS = (_ENGLISH + _OTHERS).split()
_ABOUT_OTHER_THINGS = "error reason refusal detail message status type language lang id model role"
#: Keys of texts that are no title, also where there is no other.
NO_TITLES = frozenset(_ABOUT_OTHER_THINGS.split())


def _any(phrases: Iterable[str]) -> str:
    return f"(?:{'|'.join(sorted(phrases, key=len, reverse=True))})"


def _begins(*phrases: str, then: str = "") -> re.Pattern[str]:
    return re.compile(f"^[¡¿]?{_any(phrases)}{then}", re.IGNORECASE)


SUBJECT = _any(map(re.escape, KEYS))
_WORDS = "the|a|my|suggested|proposed|generated|short|concise|final|session|conversation|chat|thread"
#: "Title: Lost bag"
LABEL = _begins(rf"(?:(?:{_WORDS})\s+){{0,4}}{SUBJECT}\s*(?:[:：]|\s[-–—]\s)\s*")
#: "Sure! "
OPENING = _begins(
    *("sure", "sure thing", "certainly", "of course", "absolutely", "okay", "ok", "alright", "got it", "no problem", "great"),
    *("gerne", "natürlich", "klar", "bien sûr", "d['’]accord", "claro", "claro que sí", "por supuesto", "certo", "certamente"),
    *(
        "com certeza",
        "конечно",
        "хорошо",
        "好的",
        "当然",
        "当然可以",
        "はい",
        "もちろん",
        "もちろんです",
        "네",
        "물론",
        "물론입니다",
    ),
    then=r"(?:[!.,:，。！、：]+\s*|\s*$)",
)
#: "Here is a title"
ANNOUNCEMENT = _begins(
    *(r"here['’]?s\b", r"here\s+(?:is|are|you\s+go)\b", r"how about\b", r"what about\b", r"based on (?:the|this|your|our)\b"),
    rf"(?:this|the|my|a|one)\b.{{0,60}}\b{SUBJECT}\b.{{0,60}}\b(?:is|could be|would be|might be)\b",
    r"(?:i|we)(?:['’]d|\s+would|\s+can|\s+will)?\s+(?:suggest|propose|recommend|call|name|title|came up)\b",
    *("hier (?:ist|sind|kommt)", "wie wäre", "ich schlage", "mein vorschlag", "voici", "je (?:propose|suggère)", "que diriez"),
    *(
        "aquí (?:está|tienes|va)",
        "te (?:propongo|sugiero)",
        "propongo",
        "sugiero",
        "ecco",
        "suggerisco",
        "aqui está",
        "sugestão",
    ),
    *("вот", "предлагаю", "以下是", "这是", "这里是", "我建议", "建议的", "以下は", "こちらが", "다음은"),
)
_TASKS = (
    "help|assist|generate|create|provide|write|come up|suggest|titles?|names?|access|browse|compl(?:y|ete)|continue|do that|"
    "have the|have (?:any|enough)|request|summari[sz]e|open|view|see"
)
_NOT = "can(?:not|['’]?t)|could(?: not|n['’]t)|do(?: not|n['’]t)|am not|won['’]t|will not"
#: "I'm sorry, I can't help with that"
REFUSAL = _begins(
    r"(?:unfortunately,?\s+)?i['’]?\s?a?m\s+(?:\w+\s+)?(?:sorry|afraid|unable|not able)\b",
    *(r"(?:i\s+)?apologi[sz]e\b", r"sorry,?\s+(?:but\s+)?(?:i|we)\b", r"as an? (?:ai|language model)\b"),
    rf"(?:unfortunately,?\s+)?(?:i|we)\s+(?:{_NOT})\b.{{0,60}}\b(?:{_TASKS})\b",
    r"there(?:['’]s| is) (?:no|not enough)\b.{0,40}\b(?:information|context|conversation)",
    *(r"es tut mir (?:\w+\s)?leid\b", r"leider kann ich\b", r"ich kann (?:leider|das|dabei|keinen|dir|ihnen)\b"),
    *(r"(?:je suis )?désolée?\b", r"je ne (?:peux|suis)\b", r"lo siento\b", r"no puedo\b", r"mi dispiace\b", r"non posso\b"),
    *(r"desculpe\b", r"lamento\b", r"não posso\b", r"извините\b", r"к сожалению\b", r"я не могу\b"),
    *("(?:很|非常)?抱歉", "对不起", "我(?:无法|不能)", "申し訳", "죄송"),
)
#: What stands where a name should.
PLACEHOLDER = _begins(
    *("json", "null", "none", "nil", "undefined", "n/?a", "string", "text", "untitled", "no (?:title|name)", r"[\W_]*"),
    rf"(?:(?:the|your|session|conversation|chat)\s)?{SUBJECT}",
    then="$",
)
