import getpass
import os


def system_user() -> str:
    """Return the system's name for the user who runs a command."""
    try:
        return f"{getpass.getuser()}@command"
    except (KeyError, OSError):  # a container's user often has no name
        return f"uid {os.getuid()}@command"
