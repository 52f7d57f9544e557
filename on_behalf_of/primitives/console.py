"""Make output printable on consoles whose encoding lacks some characters, such as cp1252 and ASCII."""

import codecs
import io
import sys

SPELLED = {
    "→": "->",
    "←": "<-",
    "…": "...",
    "✓": "ok",
    "✗": "x",
    "“": '"',
    "”": '"',
    "\N{LEFT SINGLE QUOTATION MARK}": "'",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{EN DASH}": "-",
    "\N{EM DASH}": "-",
    "\N{NO-BREAK SPACE}": " ",
}
ERRORS = "spelled"  # the name of the error handler, beside Python's own such as `backslashreplace`


def spell_what_cannot_be_shown() -> None:
    """Make standard output and standard error replace characters that their encoding lacks."""
    codecs.register_error(ERRORS, _spelled)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=ERRORS)


def _spelled(error: UnicodeError) -> tuple[str | bytes, int]:
    """Return ASCII for our own punctuation, and an escape for anything else, so that different texts stay different."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    spelling = "".join(
        SPELLED.get(character) or character.encode("ascii", "backslashreplace").decode("ascii") for character in lacking
    )
    return spelling, error.end
