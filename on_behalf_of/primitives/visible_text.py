"""Show text that strangers chose so that none of its characters hides or reorders the text around it."""

from on_behalf_of.primitives.blank import is_invisible


def is_hidden(character: str) -> bool:
    """Return whether a reader cannot see the character, such as a right-to-left override or a no-break space.

    The blank itself does not count.
    """
    return character != " " and is_invisible(character)


def escaped(text: str) -> str:
    """Return the text with each hidden character replaced by its code point, such as <U+202E>. It is not HTML."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(f"<U+{ord(character):04X}>" if is_hidden(character) else character for character in text)
