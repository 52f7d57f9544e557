"""Log lines as JSON objects, for programs that collect logs."""

import json
import logging
from datetime import UTC, datetime

from on_behalf_of.primitives.current_request import serving


class JsonLines(logging.Formatter):
    """One object per line: time, level, logger, message; ids while a request is served; an exception as one field.

    Extra attributes of a record are left out, because they may hold whole requests.
    """

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if (request := serving.get()) is not None:
            line |= {"request_id": request.request_id, "trace_id": request.trace_id}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            line["stack"] = self.formatStack(record.stack_info)
        return json.dumps(line)  # escapes all but ASCII, so that no character breaks or hides a line
