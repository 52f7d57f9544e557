"""Why the setup cannot go on: each is one sentence that says what to do. None repeats a secret."""


class SetupError(Exception):
    """Shown as it is."""


class Refused(SetupError):
    """The tenant understood a request and said no: whatever was asked for did not happen."""


class NotThere(Refused):
    """The tenant has no such thing."""
