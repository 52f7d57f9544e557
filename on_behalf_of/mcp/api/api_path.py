from urllib.parse import unquote


def check_path(path: str) -> None:
    """Check that a path stays at the configured host, and at the endpoint that the tool means. Raises ValueError.

    A tool may put an argument into a path, and an argument may be `../admin` or `x?all=1`.
    """
    is_below = path.startswith("/") and not path.startswith("//")
    if not is_below or any(mark in path for mark in "?#\\") or {".", ".."}.intersection(unquote(path).split("/")):
        raise ValueError("a path of the API starts with one slash, and has no query, fragment or . and .. segments")
