"""`python -m on_behalf_of.serving.probe URL ...` exits with 0 if each URL answers 200.

Health checks use it, because the image has no curl.
"""

import sys
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

TIMEOUT = 3.0  # seconds, for each


def answers(url: str) -> bool:
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT)
    try:
        connection.request("GET", parts.path)
        return connection.getresponse().status == 200  # noqa: PLR2004
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    failed = [url for url in sys.argv[1:] if not answers(url)]
    if failed:
        print("did not answer 200:", *failed)
    sys.exit(1 if failed else 0)
