"""Greetings, thanks and other small talk, in the languages that customers write in."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _phrases(text: str) -> tuple[str, ...]:
    """Return phrases, separated by commas in the text, the longest first."""
    found = (phrase.strip() for line in text.splitlines() for phrase in line.split(","))
    return tuple(sorted(filter(None, found), key=len, reverse=True))


#: How messages begin.
GREETINGS = _phrases(
    """
    hi, hello, hey, hiya, dear, greetings, good morning, good afternoon, good evening, good day
    hallo, guten tag, guten morgen, guten abend, moin, servus, grüezi, sehr geehrte, sehr geehrter, liebe, lieber, liebes
    bonjour, bonsoir, salut, cher, chère, madame, monsieur
    hola, buenos días, buenas tardes, buenas noches, buenas, estimado, estimada, estimados
    olá, oi, bom dia, boa tarde, boa noite, prezado, prezada, prezados
    ciao, salve, buongiorno, buonasera, gentile, goedemorgen, goedemiddag, goedenavond, beste
    hej, hei, dzień dobry, cześć, merhaba, selam, iyi günler
    привет, здравствуйте, здравствуй, добрый день, доброе утро, добрый вечер, вітаю, добрий день
    你好, 您好, 早上好, 下午好, 晚上好, 大家好
    こんにちは, こんばんは, おはようございます, お世話になっております
    안녕하세요, 안녕
    مرحبا, مرحبًا, السلام عليكم, أهلا, سلام, درود, שלום
    नमस्ते, สวัสดีครับ, สวัสดีค่ะ, สวัสดี
    xin chào, halo, selamat pagi, selamat siang, habari, jambo
    """
)
#: Greetings that take a person's title and whole name.
FORMAL = frozenset(("dear", "sehr geehrte", "sehr geehrter", "estimado", "estimada", "prezado", "prezada"))
#: Whom a greeting greets.
GREETED = _words("there all team everyone everybody folks guys sir madam support again zusammen alle todos équipe")
#: Words that say little where a sentence has no others.
LITTLE = _words(
    """
    thanks thank you very much so many in advance for your the help helping reply answer time and a lot please pls ok okay yes
    no yep sure great good hope hoping are is doing well i im i'm am we hi hello hey need some have got question questions
    quick can could would may with me us this to ask something someone somebody anyone here be able problem issue an urgent
    morning afternoon evening day nice how it's it writing regards best kind cheers sincerely yours dear there team fwd fyi
    you're
    danke vielen dank im voraus bitte ich habe brauche hilfe eine frage können sie mir helfen mit freundlichen grüßen viele
    beste grüße ja nein gut
    merci beaucoup d'avance s'il vous plaît j'ai besoin d'aide une cordialement bien à vous oui non
    gracias muchas por favor necesito ayuda tengo pregunta saludos sí
    obrigado obrigada preciso de ajuda uma pergunta atenciosamente
    grazie mille per favore ho bisogno di aiuto domanda cordiali saluti
    bedankt alvast ik heb hulp nodig een vraag met vriendelijke groet
    спасибо пожалуйста мне нужна помощь помогите у меня вопрос
    谢谢 请问 麻烦 ありがとうございます すみません 감사합니다 شكرا متشکرم תודה ขอบคุณ
    """
)

__all__ = ["FORMAL", "GREETED", "GREETINGS", "LITTLE"]
