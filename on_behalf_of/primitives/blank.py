"""Detect text without a visible character, which looks like no name at all in a log or on a page."""

import unicodedata

# Characters that leave no mark although their category says letter, mark or symbol: Unicode's default ignorable ones
# outside the control and format categories, and those whose glyph is empty.
_WITHOUT_MARK = frozenset(
    {
        0x034F,  # combining grapheme joiner
        *(0x115F, 0x1160, 0x3164, 0xFFA0),  # Hangul fillers
        *(0x17B4, 0x17B5),  # Khmer inherent vowels
        *range(0x180B, 0x1810),  # Mongolian variation selectors
        0x2800,  # Braille pattern blank
        *range(0xFE00, 0xFE10),  # variation selectors
        0xFFFC,  # object replacement character
        *(0x13441, 0x13442),  # Egyptian hieroglyph blanks, of Unicode 15
        0x16FE4,  # Khitan small script filler
        0x1D159,  # musical symbol null notehead
        *range(0xE0100, 0xE01F0),  # variation selectors supplement
    }
)


def is_invisible(character: str) -> bool:
    """Return whether `character` is invisible: white space, controls, formats, fillers, and unassigned code points."""
    return unicodedata.category(character)[0] in "ZC" or ord(character) in _WITHOUT_MARK


def is_blank(text: str) -> bool:
    """Return whether `text` has no visible character. The empty text is blank."""
    return all(map(is_invisible, text))
