"""Convert a message's content to text: text, or parts of which each becomes its text, or a line with its name and address."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kern.validation.text import one_line
from sessions_app.management.importing.notes import as_text
from sessions_app.management.importing.objects import BadLineError, Reader
from sessions_app.validation.text import normalized as clean

#: Parts whose words are the message's own.
WORDS = ("text", "input_text", "output_text", "summary_text", "refusal", "reasoning_text")
KINDS = {
    "image_url": "image",
    "input_image": "image",
    "output_image": "image",
    "image_file": "image",
    "image": "image",
    "file": "file",
    "input_file": "file",
    "document": "file",
    "input_audio": "audio",
    "output_audio": "audio",
    "audio": "audio",
    "video_url": "video",
    "input_video": "video",
    "video": "video",
}
#: Parts of a part that say the same about it in other words, and where its own data may hang.
INNER = ("image_url", "image_file", "file", "input_audio", "audio", "video_url", "source")
NAMES = ("filename", "file_name", "name", "title")
ADDRESSES = ("url", "file_url", "image_url", "content_url", "data_url", "href")
IDS = ("file_id", "id")
DATA = ("file_data", "data")


def content_of(message: Reader) -> str:
    """Return the text of a message, with a line for each file, image and source that came with it.

    Raises `BadLineError` for content that is neither text nor a list of parts.
    """
    content = message.take("content", "text", "body")
    lines = [_whole(content, message)]
    refusal = message.take("refusal")
    if not _said(lines) and isinstance(refusal, str):
        lines.append(clean(refusal))
    audio = message.take("audio")
    if isinstance(audio, dict):
        lines.append(_part({"type": "audio", **audio}, message))
    for attachment in _listed(message, "attachments", "files", "images"):
        lines.append(_attachment(attachment, message))
    lines += _sources(message)
    return "\n".join(line for line in lines if line)


def output_of(reader: Reader, *keys: str) -> str:
    """A tool's output: text, parts, or any JSON as its text."""
    value = reader.take(*keys)
    if isinstance(value, list) and all(isinstance(part, dict) and "type" in part for part in value):
        return _whole(value, reader)
    return _text(value)


def _whole(content: Any, message: Reader) -> str:
    if content is None or isinstance(content, str):
        return clean(content or "")
    if isinstance(content, list):
        return "\n".join(filter(None, (_part(part, message) for part in content)))
    if isinstance(content, dict) and "type" in content:
        return _part(content, message)
    raise BadLineError("its content is neither text nor a list of parts")


def _said(lines: list[str]) -> bool:
    return any(line.strip() for line in lines)


def _part(part: Any, message: Reader) -> str:
    """One part: its words, or a line about what it was."""
    if isinstance(part, str):
        return clean(part)
    if not isinstance(part, dict):
        raise BadLineError("a part of its content is neither text nor an object")
    reader = Reader(part, message.notes, message.where, "a part of content")
    kind = one_line(_text(reader.take("type")))
    words = _text(reader.take("text", "refusal")) if kind in WORDS or "text" in part or "refusal" in part else ""
    if kind in KINDS:
        told = "\n".join(filter(None, (words, _thing(KINDS[kind], reader))))
    elif kind in WORDS or words:
        told = "\n".join(filter(None, (words, *_sources(reader))))
    else:
        reader.note(f"a part of content of the type {kind or 'unknown'!r} stands as its name alone", part)
        return f"[{kind or 'attachment'}]"
    reader.take("detail", "format", "logprobs")
    reader.finish()
    return told


def _attachment(attachment: Any, message: Reader) -> str:
    if isinstance(attachment, str):
        return f"[file: {_address(attachment, message)}]"
    if not isinstance(attachment, dict):
        message.note("an attachment that is neither text nor an object is not kept", attachment)
        return ""
    reader = Reader(attachment, message.notes, message.where, "an attachment")
    mime = _text(reader.take("content_type", "mime_type", "mimetype", "type"))
    told = _thing("image" if mime.startswith("image") else "file", reader)
    reader.finish()
    return told


def _thing(kind: str, reader: Reader) -> str:
    """`[image: photo.png https://…]`, and the words of a recording; data that came with it is noted and not kept."""
    outer = {key: reader.take(key) for key in INNER}
    inner = Reader({}, reader.notes, reader.where, reader.what)
    address = ""
    for value in outer.values():
        if isinstance(value, str):
            address = address or value
        elif isinstance(value, dict):
            inner = Reader(value, reader.notes, reader.where, reader.what)
            break
    name = _text(reader.take(*NAMES) or inner.take(*NAMES))
    address = address or _text(reader.take(*ADDRESSES) or inner.take(*ADDRESSES))
    key = _text(reader.take(*IDS) or inner.take(*IDS))
    for source in (reader, inner):
        source.take("detail", "format", "type", "media_type", "expires_at")
        if data := source.take(*DATA):
            reader.note(f"the data of {_article(kind)} is not kept, its name is", _size(data))
    transcript = _text(reader.take("transcript") or inner.take("transcript"))
    inner.finish()
    told = " ".join(filter(None, (one_line(name), _address(address, reader) if address else "" if name else key)))
    label = f"[{kind}: {told}]" if told else f"[{kind}]"
    return f"{label}\n{clean(transcript)}" if transcript else label


def _address(address: str, reader: Reader) -> str:
    """An address that can be opened later; of data in the place of one only its kind."""
    if address.startswith("data:"):
        reader.note("data that stands in the place of an address is not kept", _size(address))
        return address[5:].partition(";")[0].partition(",")[0]
    return one_line(address)


def _sources(reader: Reader) -> Iterator[str]:
    """A line for each source that an answer names."""
    for annotation in _listed(reader, "annotations", "citations"):
        if isinstance(annotation, dict):
            inner = annotation.get("url_citation") or annotation.get("file_citation") or annotation
            about = inner if isinstance(inner, dict) else annotation
            told = " ".join(filter(None, (_text(about.get(key)) for key in ("title", "filename", "url"))))
            told = told or _text(about.get("file_id"))
        else:
            told = _text(annotation)
        if told:
            yield f"[source: {one_line(told)}]"
        else:
            reader.note("an annotation without a title, file or address is not kept", annotation)


def _listed(reader: Reader, *keys: str) -> list[Any]:
    """All values of these lists."""
    found: list[Any] = []
    for key in keys:
        value = reader.take(key)
        if isinstance(value, list):
            found += value
        elif value:
            found.append(value)
    return found


def _text(value: Any) -> str:
    """A value as text: JSON where it is none."""
    if value is None:
        return ""
    return clean(as_text(value))


def _size(data: Any) -> str:
    return f"{len(data):,} characters" if isinstance(data, str) else "data"


def _article(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"
