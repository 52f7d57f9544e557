"""Texts of the API's description as models and people see them: one line, cut, without invisible characters."""

import re
import unicodedata

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"“(])")
_TERMINAL = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|.)?")  # control sequences, whole
_CHOICE = re.compile(r"^\s*[*-] `([^`\n]*)` - (.*)$", re.MULTILINE)  # how drf-spectacular lists an enum
_MARKS = re.compile(r"[*`]{1,3}|^\s*[-*]\s+|^#+\s+", re.MULTILINE)


def shown(text: str, longest: int) -> str:
    """Return the text as one line of at most `longest` characters, whole sentences if they fit.

    Control and format characters, such as bidi overrides and tags, are removed: a model reads what a reviewer cannot
    see. Nothing else is, because the text is the API's own.
    """
    plain = _MARKS.sub("", _CHOICE.sub(_choice, _TERMINAL.sub("", text[: longest * 20])))
    line = " ".join("".join(map(_visible, plain)).split())
    if len(line) <= longest:
        return line
    kept = ""
    for sentence in _SENTENCE.split(line):
        if len(kept) + len(sentence) + 1 > longest:
            break
        kept = f"{kept} {sentence}".strip()
    return kept or line[: longest - 1].rsplit(" ", 1)[0].rstrip(",;:") + "…"


def first_paragraph(text: str) -> str:
    return text.strip().partition("\n\n")[0]


def _choice(found: re.Match[str]) -> str:
    """Return what a choice means; empty if its label is the word itself, which the schema lists."""
    word, label = found[1], found[2].strip()
    is_said = re.sub(r"\W+|_", "", word).lower() == re.sub(r"\W+|_", "", label).lower()
    return "" if is_said else f"{word}: {label};"


def _visible(character: str) -> str:
    if character in "\n\t\r":
        return " "
    return "" if unicodedata.category(character)[0] == "C" else character
