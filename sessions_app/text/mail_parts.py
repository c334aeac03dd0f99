"""The writer's own lines of a mail: without what they quote or forward, mail headers, and their signature.

Mail programs announce quotes and forwarded mails in the reader's language; a chat has none of it, and its text stays whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

#: Only the beginning of a long text is read, and so many characters of a line.
LONGEST_TEXT, LONGEST_LINE = 4_000, 300
#: "On 3 May 2024, Ben wrote:" and its kin: such a beginning and such an end.
_QUOTES = (
    *(("on ", "wrote:"), ("am ", "schrieb:"), ("am ", ":"), ("le ", "a écrit :"), ("le ", "a écrit:"), ("el ", "escribió:")),
    *(("il ", "ha scritto:"), ("em ", "escreveu:"), ("op ", "schreef:"), ("op ", "geschreven:"), ("den ", "skrev:")),
    *(("w dniu ", "napisał:"), ("w dniu ", "napisał(a):"), ("", "написал:"), ("", "написал(а):"), ("", "пишет:")),
    *(("", "写道："), ("", "のメール:"), ("", "님이 작성:"), ("", "كتب:"), ("", "כתב:")),
)
_QUOTED_SINCE = {"am ": "schrieb"}
_FORWARDED = re.compile(
    r"^[-_*\s]{0,40}(?:begin\s)?(?:forwarded message|original message|weitergeleitete nachricht|ursprüngliche nachricht"
    r"|anfang der weitergeleiteten e-mail|message transféré|message d'origine|début du message réexpédié|mensaje reenviado"
    r"|mensaje original|messaggio inoltrato|messaggio originale|mensagem encaminhada|mensagem original|doorgestuurd bericht"
    r"|oorspronkelijk bericht|vidarebefordrat meddelande|пересылаемое сообщение"
    r"|исходное сообщение|转发的邮件|原始邮件)[-_*:\s]{0,40}$",
    re.IGNORECASE,
)
_HEADER = re.compile(
    r"^\*?(from|to|cc|bcc|date|sent|subject|reply-to|von|an|datum|gesendet|betreff|de|à|para|date|objet|envoyé|asunto|fecha"
    r"|enviado|assunto|data|da|a|oggetto|inviato|van|aan|onderwerp|verzonden"
    r"|от|кому|дата|тема|发件人|收件人|主题|日期)\s?\*?[:：]\*?\s(.*)$",
    re.IGNORECASE,
)
_SUBJECT = frozenset(["subject", "betreff", "objet", "asunto", "assunto", "oggetto", "onderwerp", "тема", "主题"])
_REPLY_TO = re.compile(
    r"^(?:(?:re|aw|antw|sv|fw|fwd|wg|tr|rv|res|enc|ynt|odp|回复|转发)\s?(?:\[\d{1,3}\])?[:：]\s*)+", re.IGNORECASE
)
_SIGNATURE = re.compile(
    r"^(?:--|—|__+|-- .*)$|^(?:sent from my |get outlook for |von meinem .{1,30} gesendet|gesendet von |envoyé de mon "
    r"|envoyé depuis |enviado desde mi |enviado do meu |inviato da |verzonden vanaf |отправлено с |发自我的)",
    re.IGNORECASE,
)


@dataclass
class MailParts:
    """The writer's own lines, the subject above them, and what they forwarded."""

    lines: list[str] = field(default_factory=list)
    subject: str = ""
    forwarded: list[str] = field(default_factory=list)


def split(text: str) -> MailParts:
    """Return the parts of a text that may be a mail."""
    parts = MailParts()
    lines = [line.strip() for line in text[:LONGEST_TEXT].splitlines()]
    for number, line in enumerate(lines):
        if _FORWARDED.match(line[:LONGEST_LINE]):
            below = _without_headers(lines[number + 1 :], parts)
            parts.forwarded = [each for each in below if not each.startswith(">")]
            break
        if _opens_quote(lines, number) or _SIGNATURE.match(line[:LONGEST_LINE]):
            break
        if not line.startswith(">"):
            parts.lines.append(line)
    parts.lines = _without_headers(parts.lines, parts)
    return parts


def _opens_quote(lines: list[str], number: int) -> bool:
    """Return whether a quote is announced here; the announcement may go on in the next line."""
    for said in (lines[number], " ".join(lines[number : number + 2])):
        low = said[:LONGEST_LINE].casefold()
        for begin, end in _QUOTES:
            if low.startswith(begin) and low.endswith(end) and any(char.isdigit() for char in low):
                since = _QUOTED_SINCE.get(begin, "")
                if since in low:
                    return True
    return False


def _without_headers(lines: list[str], parts: MailParts) -> list[str]:
    """Return the lines below a block of two or more mail headers, or all; remembers the subject."""
    first = next((number for number, line in enumerate(lines) if line), len(lines))
    found = []
    for line in lines[first:]:
        header = _HEADER.match(line[:LONGEST_LINE])
        if header is None:
            break
        found.append(header)
    subject = next((header[2] for header in found if header[1].casefold() in _SUBJECT), "")
    if len(found) < 2 and not subject:
        return lines
    parts.subject = parts.subject or _REPLY_TO.sub("", subject).strip()
    return lines[first + len(found) :]


__all__ = ["MailParts", "split"]
