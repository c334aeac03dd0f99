"""English words that tell what a request is about: actions with their nouns, troubles, and words that belong to no subject."""

from __future__ import annotations

from kern.models.offline.words import STOP_WORDS, word_set

#: Each action with the noun that names it behind its object: "cancel my flight" is a "flight cancellation".
_ACTIONS = """
    cancel cancellation; change change; modify change; alter change; adjust change; edit change; update update; amend change;
    switch change; correct correction; book booking; reserve reservation; buy purchase; purchase purchase; order order;
    upgrade upgrade; downgrade downgrade; refund refund; return return; exchange exchange; swap exchange;
    replace replacement; reschedule rescheduling; postpone postponement; rebook rebooking; delete deletion; remove removal;
    close closure; reset reset; unlock unlocking; activate activation; deactivate deactivation; renew renewal;
    extend extension; track tracking; confirm confirmation; pay payment; transfer transfer; dispute dispute; repair repair;
    install installation; download download; export export; import import; subscribe subscription; pause pause;
    redeem redemption; register registration; merge merger; combine combination; manage management; fix repair;
    unsubscribe cancellation; verify verification; dispute dispute; reactivate reactivation; restore recovery;
    recover recovery; complain complaint; move rescheduling; configure configuration; integrate integration;
    migrate migration; translate translation
"""
ACTIONS = dict(pair.split() for pair in _ACTIONS.split(";"))
#: Actions whose object follows: "adding two bags", "removal of Ethan".
GERUNDS = {"add": "Adding", "upload": "Uploading", "invite": "Inviting"}
#: Events that stand before their object: "changes to my trip", "a refund for the insurance".
EVENTS = word_set(
    """
    cancellation change update correction upgrade downgrade refund exchange replacement rebooking delay
    problem issue trouble error failure bug complaint dispute question mix-up mistake compensation confirmation claim
    reimbursement repair inquiry enquiry request difficulty concern
    """
)
#: Events that say no more than that there is something: they follow only where the object would stand alone.
VAGUE_EVENTS = word_set("problem issue trouble question inquiry enquiry request difficulty concern mistake error")
#: What may stand between an event and its object.
LINKS = word_set("to with for about on of in regarding concerning")
#: What happened to a thing, with the word that names it: before the thing, or behind it.
BEFORE_THING = {
    **{word: word for word in word_set("lost missing broken damaged stolen late wrong declined duplicate defective faulty")},
    **{word: word for word in word_set("rejected cracked leaking expired blocked locked overdue unpaid")},
    **{"incorrect": "wrong", "forgot": "forgotten", "torn": "damaged"},
}
BEHIND_THING = {
    **{"delayed": "delay", "cancelled": "cancellation", "canceled": "cancellation", "overcharged": "overcharge"},
    **{"crashes": "crash", "crashed": "crash", "crashing": "crash", "fails": "failure", "failed": "failure"},
}
#: What a thing fails to do when it is missing, and when it is out of order.
ARRIVES = word_set("arrive arrived come came appear appearing show showing received delivered found")
WORKS = word_set("work working works load loading open opening start starting charge charging respond responding")
NEGATIONS = word_set(
    "not never stopped isn't aren't wasn't hasn't haven't hadn't doesn't didn't don't won't can't cannot couldn't"
)
#: Verbs before what a person wants to know.
ASKING = word_set("know tell check see show find give send understand explain clarify")
QUESTIONS = word_set("what what's whats which where where's when who how")

DETERMINERS = word_set("a an the my our your his her their its this that these those some any all both each every another no")
QUANTITIES = word_set(
    """
    couple few number sum total amount amounts lot lots list rest rough one two three four five several many more
    most
    """
)
#: Adjectives that tell the time or weigh, not what kind of thing it is.
LIGHT = word_set(
    """
    upcoming recent current existing future last next latest previous earlier first second new whole entire full same
    original quick small simple general specific certain particular urgent important personal own old additional extra
    following overall exact possible potential available other different most more very really just only also actually
    today tomorrow yesterday tonight soon immediately asap recently please currently back away instead again already now
    still online here there quickly multiple duplicate cheapest fastest earliest
    """
)
#: Words behind a thing that name its number, not the thing.
NUMBER_WORDS = word_set("id ids number numbers no code codes reference ref references")
#: Things that say nothing alone.
EMPTY = word_set(
    """
    thing things something anything it them that this one ones help assistance support information info details detail
    way possibility lot bit time times reason moment day week month year hand sure guys everything nothing someone anyone
    son daughter mother father wife husband child friend mom mum dad parents family
    luck hope favor favour question questions issue issues problem problems matter stuff person agent team
    """
)
#: Words that end the name of a thing: they are never inside one.
_CLOSED = """
    in on at from to into onto with without for by about under over of off out up down as than via per until till since after
    before during between among against through within across and or but nor so yet because if when while where although
    though unless whether that which who whom whose what why how i you he she it we they me him us them myself yourself
    is are was were be been being am do does did have has had having can could will would shall should may might must
    ain't i'm i'd i've i'll you're you've it's he's she's they're we're we've that's there's let's not never
    isn't wasn't aren't weren't hasn't haven't hadn't doesn't didn't don't won't can't cannot couldn't wouldn't shouldn't
    want wanted need needed like would've get got getting go going gone went make making made take taking took taken
    say said tell told think thought know knew known see seen saw look looking looked come came coming use used using
    book booked made added bought ordered purchased received paid found called named leaving departing arriving flying
    going keeping similar spelled spelt misspelled returns due regarding concerning including please thanks thank hello hi
    hey too then there here s
"""
CLOSED = word_set(_CLOSED) | DETERMINERS
#: Plain English has so many of these that a text without them is in another language.
COMMON = STOP_WORDS | CLOSED
#: Plurals that stay plurals before another noun, and words that only look like plurals.
NOT_PLURAL = word_set("details goods news glasses savings miles points terms clothes headphones always gas bus plus")
VOWELS = "aeiou"


def gerund(verb: str) -> set[str]:
    """Return the spellings of a verb's -ing form."""
    if verb.endswith("e"):
        return {f"{verb[:-1]}ing"}
    doubled = len(verb) > 2 and verb[-1] not in VOWELS + "wxy" and verb[-2] in VOWELS and verb[-3] not in VOWELS
    return {f"{verb}ing", f"{verb}{verb[-1]}ing"} if doubled else {f"{verb}ing"}


#: Every form in which a wish names an action, with its base form.
FORMS = {form: verb for verb in (*ACTIONS, *GERUNDS) for form in (verb, *gerund(verb))}


def singular(word: str) -> str:
    """Return the singular of a noun that stands before another one."""
    low = word.lower()
    if low in NOT_PLURAL or len(low) < 4 or low.endswith(("ss", "us", "is")) or not low.endswith("s") or word.isupper():
        return word
    if low.endswith("ies") and len(low) > 4:
        return f"{word[:-3]}y"
    return word[:-2] if low.endswith(("sses", "shes", "ches", "xes", "zzes")) else word[:-1]
