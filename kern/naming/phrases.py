"""Phrases that announce, decline or label a name in models' answers, in the languages that desks mostly use."""

from __future__ import annotations

import re
from collections.abc import Iterable

#: Words for "title", in answers and as a key of JSON.
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
_WORDS = (
    "the|a|my|an?|one|your|new|suggested|suggestion|proposed|possible|potential|recommended|generated|short|concise|final|best|good|"
    "session|conversation|chat|thread|ein|eine|der|die|das|mein|passender?|möglicher?|vorgeschlagener?|kurzer?|"
    "un|una|el|la|buen|posible|breve|sugerido|propuesto|un|une|le|mon|bon|court|titre|"
    "sugerida|propuesta|proposé|suggéré|proposto|suggerito"
)
#: Words between "title" and its colon: "name of the session", "título sugerido", "タイトル案".
_BEHIND = (
    r"(?:\s+(?:of|for|der|des|für|de|para|du|pour|della|per)\s+[^\s:：]{1,20}(?:\s[^\s:：]{1,20}){0,2}"
    r"|\s+(?:suggestions?|proposals?|options?|ideas?|sugerid[oa]|propuest[oa]|proposée?|suggérée?|proposto|suggerito)"
    r"|s?vorschlag|案|候補)?"
)
_VERB = r"(?:\s+(?:is|are|could be|would be|might be|lautet|ist|wäre|es|sería|podría ser|est|serait|è|sarebbe|é|seria))?"
_SUGGESTIONS = (
    "suggestions?|proposals?|options?|(?:final )?answer|output|vorschlag|antwort|sugerencia|propuesta|opción|proposition|提案"
)
_WOULD_BE = "(?:ist|wäre|lautet|es|sería|podría ser|est|serait|è|sarebbe)"
#: "Title: Lost bag"
LABEL = _begins(
    rf"(?:(?:{_WORDS})\s+){{0,4}}{SUBJECT}{_BEHIND}{_VERB}\s*(?:[:：]|\s[-–—]\s)\s*",
    rf"(?:(?:{_WORDS})\s+){{0,4}}(?:{_SUGGESTIONS})(?:\s\d{{1,2}})?\s*(?:[:：]|\s[-–—]\s)\s*",
    rf"(?:セッション|会話|チャット|対話|会话|對話|对话|대화|채팅)(?:の|的|\s)?(?:{SUBJECT}|名|名前)\s*(?:[:：]|\s[-–—]\s)\s*",
    rf"{SUBJECT}\s?=\s?",
)
#: "Sure! "
OPENING = _begins(
    *("sure", "sure thing", "certainly", "of course", "absolutely", "okay", "ok", "alright", "got it", "no problem", "great"),
    *("gerne", "natürlich", "klar", "bien sûr", "d['’]accord", "claro", "claro que sí", "por supuesto", "certo", "certamente"),
    *(
        "gern",
        "sicher",
        "selbstverständlich",
        "aber (?:gerne|sicher)",
        "desde luego",
        "vale",
        "avec plaisir",
        "volentieri",
        "yes",
    ),
    *("承知しました", "承知いたしました", "わかりました", "分かりました", "了解しました", "かしこまりました", "明白了"),
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
    then=r"(?:[!.,:，。！、：]+\s*|\s+[-–—]\s+|\s*$)",
)
#: "Here is a title"
ANNOUNCEMENT = _begins(
    *(r"here['’]?s\b", r"here\s+(?:is|are|you\s+go)\b", r"how about\b", r"what about\b", r"based on (?:the|this|your|our)\b"),
    rf"(?:this|the|my|a|one)\b.{{0,60}}\b{SUBJECT}\b.{{0,60}}\b(?:could|would|might) be\b",
    rf"(?:this|the|my|a|one)\b.{{0,60}}\b{SUBJECT}\b.{{0,60}}\bis\b.{{0,3}}[:：\"“„«]",
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
    r"以下の(?:タイトル|名前|題名)",
    rf"(?:ein|der|une?|el|il|le)\b.{{0,40}}\b{SUBJECT}\b.{{0,40}}\b{_WOULD_BE}\b.{{0,3}}[:：\"“„«]",
    rf"{SUBJECT}は[^:：「『]{{0,10}}[:：「『]",
    *("вот", "предлагаю", "以下是", "这是", "这里是", "我建议", "建议的", "以下は", "こちらが", "다음은"),
)
#: "The best title would be …", whose name stands behind it without any mark.
WOULD_BE = re.compile(r"\b(?:could|would|might) be\s+(?=\w)", re.IGNORECASE)
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
    *("(?:很|非常)?抱歉", "对不起", "我(?:无法|不能)", "申し訳", "できません", "죄송"),
    *(
        r"(?:hi|hello|hey)\b.{0,20}\bhow (?:can|may) i (?:help|assist)\b",
        r"how (?:can|may) i (?:help|assist)\b",
        r"i don['’]?t know\b",
    ),
)
#: Placeholders for a name.
PLACEHOLDER = _begins(
    *("json", "null", "none", "nil", "undefined", "n/?a", "string", "text", "untitled", "no (?:title|name)", r"[\W_]*"),
    rf"(?:(?:the|your|session|conversation|chat)\s)?{SUBJECT}",
    rf"[(\[]?(?:no|untitled|unnamed|new|empty)\s(?:{SUBJECT}|chat|conversation|session|thread)(?:\s(?:available|given|found|yet))?[)\]]?",
    *(
        "not applicable",
        "unknown",
        "unnamed",
        "not available",
        "neue[rs]? (?:unterhaltung|chat|gespräch)",
        "nuev[oa] (?:chat|conversación)",
    ),
    *(
        "nouvelle conversation",
        "sin título",
        "ohne titel",
        "sans titre",
        "unbenannt",
        "無題",
        "新しい(?:チャット|会話)",
        "新对话",
        "conversation",
        "yes",
        "no",
    ),
    then="$",
)
