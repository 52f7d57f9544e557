"""Errors that stop the setup. Their text is shown as it is, says what to do, and never repeats a secret."""


class SetupError(Exception):
    """The setup cannot continue."""


class Refused(SetupError):
    """The tenant refused the request, so that it changed nothing."""


class NotThere(Refused):
    """The object does not exist at the tenant."""
