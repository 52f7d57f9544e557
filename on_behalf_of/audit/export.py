"""Export of the log and of its signed head."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from on_behalf_of.audit.append_only import SealedRow, canonical_json, canonical_value, utc_text
from on_behalf_of.audit.position import START, Position, rows_between
from on_behalf_of.audit.seal_keys import PublicKeys, SealKey, is_signed
from on_behalf_of.audit.sealing import last_link

ROWS_AT_ONCE = 1_000


class NotAHead(Exception):
    """The file was not made by `signed_head`, or was changed since."""


def rows_as_json(log: type[SealedRow]) -> Iterator[str]:
    """Yield each row as one line of JSON, in the log's order: all that its digest covers, its id, and the digest."""
    after = START
    while rows := rows_between(log, after, None, ROWS_AT_ONCE):
        for row in rows:
            content = {name: canonical_value(row, name) for name in row.FORMATS[row.format]}
            yield json.dumps({"log": row.LOG, "id": row.pk, "format": row.format, **content, "digest": row.digest})
        after = Position(int(getattr(rows[-1], "transaction_id", 0)), rows[-1].pk)


def signed_head(key: SealKey) -> str:
    """Return a signed statement of where the chain ends now. Kept elsewhere, it shows if the end is cut off later."""
    number, digest = last_link()
    head = {"seal": number, "digest": digest, "time": utc_text(datetime.now(UTC)), "key_id": key.id}
    return json.dumps(head | {"signature": key.sign(canonical_json(head))}, indent=2) + "\n"


def read_head(path: Path, keys: PublicKeys) -> tuple[int, str]:
    """Return number and digest of the head's seal. Raises NotAHead."""
    try:
        head: dict[str, Any] = json.loads(path.read_text(encoding="ascii"))
        signature = head.pop("signature")
        if is_signed(canonical_json(head), key_id=head["key_id"], signature=signature, keys=keys):
            return int(head["seal"]), str(head["digest"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotAHead(f"{path} cannot be read as an exported head.") from error
    raise NotAHead(f"The signature of {path} was not made with a known key.")
