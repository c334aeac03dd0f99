"""What a model behind a strict gateway hears: items without `type` and bare texts are dropped, with status 200 all the same.

Reported of meridian 691, commandcode-proxy 30, Floway 198 and open-responses-server 0.4.1.
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

PARTS = ("input_text", "output_text", "refusal")


def transcript(request: Json) -> list[tuple[str, str]]:
    """Who said what, in order: `user`, `assistant`, `call` (name and arguments), `output`, `reasoning`."""
    items = request["input"] if isinstance(request["input"], list) else []
    return [heard for item in items if isinstance(item, dict) and (heard := _heard(item))]


def _heard(item: Json) -> tuple[str, str] | None:
    match item.get("type"):
        case "message" if isinstance(item.get("content"), list):
            parts = [part for part in item["content"] if isinstance(part, dict) and part.get("type") in PARTS]
            return item["role"], "".join(str(part.get("text", part.get("refusal"))) for part in parts)
        case "function_call":
            return "call", f"{item['name']}({item['arguments']})"
        case "function_call_output":
            return "output", str(item["output"])
        case "reasoning":
            return "reasoning", str(item.get("encrypted_content"))
    return None
