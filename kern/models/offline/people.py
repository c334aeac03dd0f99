"""Requests for a person: recognised by their words, in the languages that customers of a desk write most.

A request has a verb of talking or sending on, and close behind it (in some languages before it) a person of the desk; or it
wants a *human* or a *real* person. To mention people ("the person at the counter said") asks for none. A word says little
alone, so each pattern needs two.
"""

from __future__ import annotations

import re
import unicodedata

#: So much of a message is looked at: a request stands at its beginning or its end.
_LOOKED_AT = 2_000

_SOMEBODY = (
    r"(?:(?:a|an|the|your|some|another|any|one of your|real|live|actual|human|living|proper|competent|senior"
    r"|support|service|customer|care) )*"
)
_PEOPLE = (
    r"(?:humans?|persons?|people|agents?|representatives?|reps?|operators?|someone|somebody|anyone|anybody|managers?"
    r"|supervisors?|advis[oe]rs?|colleagues?|employees?|staff|human being|team member|member of (?:your |the )?(?:staff|team)"
    r"|real person|customer (?:service|support|care)|support team|your team)"
)
_TO = r"(?:to|with|through to|over to|on to)"
_ENGLISH = (
    rf"(?<!have )(?<!had )(?<!already )\b(?:talk|speak|chat|talking|speaking) {_TO} {_SOMEBODY}{_PEOPLE}\b(?!"
    rf" (?:at the|in the|on the|who|that|from the|next))",
    rf"\b(?:connect|transfer|forward|pass|put|hand|escalate|direct|redirect|switch|route) (?:me |this |us |it "
    rf"|my case |the chat )?(?:over |through |up |on |back )?{_TO} {_SOMEBODY}{_PEOPLE}\b",
    r"\bi (?:want|need|demand|would like|insist on) (?:an? |the |your |to see (?:an? |the |your ))(?:manager"
    r"|supervisor|representative|agent|operator|human)\b(?! (?:for|who|role|account|to sign))",
    r"\b(?:want|need|get|give|send|prefer|like|wish|request|demand|have|find|reach|where is|is there|are"
    r" there) (?:me |us |to have |for |to reach |to get )?(?:an? |some |the |any )?(?:real|live|actual|human"
    r"|living) (?:person|human|agent|being|representative|rep|operator|help|support|assistance|contact|answer"
    r"|reply|people)\b",
    r"\b(?:want|need|get me|give me|prefer|demand|find me|send me|would like|can i have|could i have|let me"
    r" have|is there) (?:to be helped by |help from |an answer from |a reply from |a call from )?(?:an? |some"
    r" )?humans?\b(?! (?:error|resources|rights|remains))",
    r"\b(?:can|could|may|will|would|please have|let|have|want|need|get) (?:a |an |some |your |one of your"
    r" )?(?:real |live |human )*(?:person|human|agent|representative|someone|somebody|colleague|manager"
    r"|supervisor|member of staff|team member)(?: (?:of|from) (?:your|the) (?:team|staff|company|support"
    r"|office))? (?:to )?(?:please )?(?:call|contact|phone|ring|write to|email|help|assist|answer|look at"
    r"|take over|get back to|reply to|respond to|handle|speak to|talk to) (?:me|us|this|it|here|instead|back"
    r"|my)\b",
    r"\b(?:human|real person|live agent|live person|representative|operator|live chat)[,.!]? (?:please|pls"
    r"|plz|now)\b",
    r"\b(?:not|stop|don't want|do not want|no more|tired of|fed up with|sick of|hate|enough of|instead of)"
    r" (?:to |talk(?:ing)? |speak(?:ing)? |chat(?:ting)? |writ(?:e|ing) |deal(?:ing)? )*(?:to |with |of"
    r" )?(?:(?:a|an|this|your|the|any|these|stupid|another) )*(?:bots?|robots?|machines?|chatbots?|ai"
    r"|automated (?:system|answers?|replies))\b",
    r"^\W*(?:human|agent|operator|representative|real person|live agent|person|speak to agent|talk to agent)\W*$",
    r"\b(?:is there (?:anyone|anybody|someone|somebody|a person|a human)(?: real| human)?(?: i can| there|"
    r" here| at all)|anybody there|anyone there|are you (?:a )?(?:bot|robot|machine|human|real"
    r"|ai)\b.{0,40}\b(?:human|person|people))",
    r"\bescalate (?:this|my|the|it)\b",
)
_OTHERS = (
    # German
    r"\b(?:mit|an|zu) (?:\w+ ){0,3}?(?:menschen|mitarbeiter(?:in|n)?|person|kolleg(?:e|en|in)|berater(?:in)?"
    r"|kundendienst|kundenservice|support|team|jemandem|sachbearbeiter(?:in)?|vorgesetzten)\b(?: \w+){0,3}?"
    r" (?:sprechen|reden|chatten|verbinden|verbunden|weiterleiten|telefonieren|schreiben|weitergeleitet)",
    r"\b(?:sprechen|verbinden sie mich|leiten sie mich|reden|weiterleiten) (?:\w+ ){0,3}?(?:mit|an|zu) (?:\w+"
    r" ){0,3}?(?:menschen|mitarbeiter(?:in|n)?|person|kolleg(?:en|in)|berater(?:in)?|jemandem|kundendienst)",
    r"\b(?:echte[nrs]?|richtige[nrs]?|menschliche[nrs]?) (?:menschen?|person|mitarbeiter(?:in)?"
    r"|ansprechpartner(?:in)?|hilfe|antwort)\b",
    r"\b(?:einen|kein(?:en)?) (?:menschen|bot|roboter|ansprechpartner),? (?:bitte|sprechen|statt|mehr|haben)",
    # French
    r"\b(?:parler|parle|discuter|echanger|communiquer|mettre en (?:relation|contact)|passer|transferer"
    r"|transferez|joindre) (?:\w+ ){0,3}?(?:a|avec|au|vers|en|un|une)? ?(?:\w+ ){0,2}?(?:humain|personne"
    r"|conseiller(?:e)?|agent|quelqu'un|collegue|responsable|service client|operateur|operatrice|vraie"
    r" personne)\b",
    r"\b(?:vraie personne|etre humain|un humain)\b",
    # Spanish, Portuguese, Italian, Catalan
    r"\b(?:hablar|hable|comunicarme|comunicar|contactar|pasarme|paseme|transferir|transfierame|chatear|falar"
    r"|conversar|atendido|atendida|transfira|passar|parlare|parli|passarmi|passatemi|mettermi in contatto"
    r"|collegarmi) (?:\w+ ){0,2}?(?:con|com|por|a|al|ao|para|con un|con una)? ?(?:\w+ ){0,2}?(?:persona"
    r"|humano|humana|agente|asesor(?:a)?|operador(?:a)?|alguien|representante|encargado|supervisor|pessoa"
    r"|atendente|alguem|umano|operatore|operatrice|qualcuno|collega|responsabile|addetto|consulente|servicio"
    r" al cliente|atencion al cliente)\b",
    r"\b(?:persona real|pessoa real|persona vera|atendimento humano|atencion humana|un humano|um humano"
    r"|essere umano|operatore umano|agente humano)\b",
    # Dutch
    r"\b(?:met|aan|door) (?:\w+ ){0,3}?(?:medewerker|mens|persoon|iemand|collega|klantenservice|echt"
    r" persoon)\b(?: \w+){0,3}? ?(?:spreken|praten|chatten|verbinden|doorverbonden|overleggen|geholpen)",
    r"\b(?:spreken|praten|verbind me|doorverbinden) (?:\w+ ){0,3}?(?:met|aan) (?:\w+ ){0,3}?(?:medewerker"
    r"|mens|persoon|iemand|collega)\b",
    r"\bechte? (?:mens|persoon|medewerker)\b",
    # Swedish, Danish, Norwegian
    r"\b(?:prata|tala|snakke|tale|chatte|kobl(?:e)?|kopplas?|koppla mig|snak) (?:\w+ ){0,2}?(?:med|till|til)"
    r" (?:\w+ ){0,3}?(?:manniska|person|menneske|medarbejder|medarbeider|nagon|nogen|noen|handlaggare"
    r"|kundtjanst|kundeservice|kollega)\b",
    r"\b(?:riktig manniska|rigtigt menneske|ekte menneske|riktig person)\b",
    # Polish, Czech
    r"\b(?:rozmawiac|porozmawiac|polaczyc|polacz(?:cie)?|skontaktowac|mluvit|spojit|spojte) (?:\w+"
    r" ){0,3}?(?:z|ze|s|se) (?:\w+ ){0,3}?(?:czlowiekiem|konsultantem|osoba|kims|pracownikiem|clovekem"
    r"|operatorem|nekym|zivou osobou)\b",
    # Turkish
    r"\b(?:insanla|temsilciyle|temsilci ile|yetkiliyle|biriyle|gercek (?:bir )?(?:insan|kisi)(?:yle|la)?"
    r"|musteri temsilcisi(?:ne|yle)?)\b(?: \w+){0,3}? ?(?:konusmak|gorusmek|bagla|baglan|aktar|yazismak)",
    # Russian, Ukrainian
    r"(?:поговорить|говорить|связаться|соедин\w+|переключ\w+|переведите|позовите|свяжите|поговорити|з'єднайте"
    r"|зв'язатися)(?: \w+){0,3}?(?: с| со| на| з| із)?(?: \w+){0,2}? (?:человек\w*|оператор\w*|сотрудник\w*"
    r"|менеджер\w*|людин\w*|специалист\w*|кем[- ]нибудь)",
    r"(?:позовите|нужен|нужно|хочу|хотел\w* бы|потрібен|дайте)(?: \w+){0,2}? (?:живо\w+ )?(?:человек\w*"
    r"|оператор\w*|людин\w*)",
    # Japanese, Chinese, Korean
    r"(?:人間|担当者|オペレーター|スタッフ|係の人|係の方|人)(?:の方)?(?:と|に)(?:直接)?(?:話|つな|繋|代わ|替わ|相談|連絡|チャット)",
    r"(?:人工客服|人工服务|真人|轉人工|转人工|人工客服|轉接人工|找人工|真人客服|與人工|与人工|客服人员|客服人員)",
    r"(?:상담원|사람|직원|담당자)(?:과|와|이랑|하고|한테|에게|으로|을|를)? ?(?:직접 )?"
    r"(?:통화|연결|이야기|얘기|대화|상담|바꿔|말하)",
    # Arabic, Hebrew, Hindi, Greek
    r"(?:التحدث|اتحدث|أتحدث|اتكلم|أتكلم|التكلم|تحويلي|حولني|اريد|أريد)(?: \S+){0,2}? (?:مع|الى|إلى)? ?(?:شخص"
    r"|موظف|انسان|إنسان|ممثل|احد|أحد)",
    r"(?:לדבר|לשוחח|תעביר\w* אותי)(?: \S+){0,2}? (?:עם|אל|ל)? ?(?:נציג|אדם|בן אדם|מישהו)",
    r"(?:insaan|इंसान|व्यक्ति|एजेंट|प्रतिनिधि) (?:से|se) (?:बात|baat)",
    r"(?:μιλησω|συνδεστε με|μιλησετε)(?: \w+){0,2}? (?:με|σε)(?: \w+){0,2}? (?:ανθρωπο|εκπροσωπο|υπαλληλο|καποιον)",
)  # fmt: skip
#: Letters that only look as if they had an accent, and the accents that stand alone.
_LETTERS = {"ı": "i", "ł": "l", "ø": "o"} | {chr(mark): "" for mark in range(0x300, 0x370)}
_REQUESTS = [re.compile(pattern) for pattern in (*_ENGLISH, *_OTHERS)]


def asks_for_person(text: str) -> bool:
    """Return whether the customer asks to be answered by a person."""
    words = _plain(text)
    return any(pattern.search(words) for pattern in _REQUESTS)


def _plain(text: str) -> str:
    """Return the text in lower case, without accents, quotes of one kind, spaces joined: as the patterns are written."""
    looked_at = text if len(text) <= _LOOKED_AT else f"{text[: _LOOKED_AT // 2]} {text[-_LOOKED_AT // 2 :]}"
    folded = unicodedata.normalize("NFKC", looked_at).casefold().replace("’", "'").replace("-", " ")
    return " ".join("".join(map(_without_accent, folded)).split())


def _without_accent(letter: str) -> str:
    """Return a Latin or Greek letter without its accent; in other scripts a mark is a part of the letter."""
    base = _LETTERS.get(letter, unicodedata.normalize("NFD", letter)[0])
    return base if base < "\u0400" else letter
