"""Texts in headers: those that no header can carry come in Base64 (MCP 2026-07-28 streamable HTTP §Value Encoding)."""

import binascii
from base64 import b64decode, b64encode

_BEGIN, _END = "=?base64?", "?="


def text_of_header(value: str) -> str | None:
    """Return the text that a header's value stands for; None if its Base64 or UTF-8 is wrong."""
    if not (value.startswith(_BEGIN) and value.endswith(_END) and len(value) >= len(_BEGIN) + len(_END)):
        return value
    encoded = value[len(_BEGIN) : -len(_END)]
    try:
        content = b64decode(encoded, validate=True)
        text = content.decode()
    except (binascii.Error, ValueError):
        return None
    # Other spellings of the same content must not pass: not everybody would read them alike.
    return text if b64encode(content).decode() == encoded else None
