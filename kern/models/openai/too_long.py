"""Recognise "the request is too long": there is a code for it, and hardly two servers use it."""

from __future__ import annotations

import re

#: HTTP: the content is too large.
TOO_LARGE = 413
#: Codes and types of the error: OpenAI and Azure, LiteLLM's class, llama.cpp, z.ai, Anthropic.
CODES = frozenset(
    (
        "context_length_exceeded",
        "contextwindowexceedederror",
        "exceed_context_size_error",
        "model_context_window_exceeded",
        "request_too_large",
        "string_above_max_length",
    )
)
#: Texts of the error, in lower case: OpenAI, Azure, vLLM and OpenRouter; OpenAI's Responses API; SGLang; llama.cpp and LM
#: Studio; Ollama; Anthropic; Bedrock; Gemini; xAI; Mistral; Groq and OpenAI for one request above the limit a minute; Kimi.
_TEXTS = re.compile(
    r"""maximum\ context\ (?:length|window)|context[ _]length[ _]exceeded|contextwindowexceeded|reduce\ the\ length\ of
    |(?:exceeds?|exceeded|larger\ than|longer\ than|greater\ than)\b.{0,60}\bcontext\ (?:window|length|size|limit)
    |context\ (?:window|length|size|limit)\b.{0,40}\bexceed|maximum\ model\ length|exceed_context_size
    |(?:prompt|input)\ (?:is\ )?too\ long|input\ token\ count.{0,60}exceed|maximum\ prompt\ length|too\ many\ input\ tokens
    |too\ large\ for\ model|request\ too\ large\ for|tokens\ must\ be\ reduced|exceeded\ model\ token\ limit
    |string\ too\ long|inputs`?\ tokens\ \+\ `?max_new_tokens""",
    re.VERBOSE | re.DOTALL,
)
#: Only so much of a server's page is searched (characters).
_EXCERPT = 4_000


def is_too_long(text: object, *codes: object, status: int | None = None) -> bool:
    """Return whether a server's error says that the request is longer than the model's context."""
    if status == TOO_LARGE or any(str(code or "").lower() in CODES for code in codes):
        return True
    return _TEXTS.search(str(text or "")[:_EXCERPT].lower()) is not None
