import getpass
import os


def system_user() -> str:
    """Who runs a command, as far as the system knows."""
    try:
        return f"{getpass.getuser()}@command"
    except (KeyError, OSError):  # a container's user often has no name
        return f"uid {os.getuid()}@command"
