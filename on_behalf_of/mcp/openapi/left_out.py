class LeftOut(Exception):
    """An operation cannot become a tool. The text is the reason: a clause such as "it names no scope"."""
