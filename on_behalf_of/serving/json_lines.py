"""Lines of log as JSON objects, for whatever collects them."""

import json
import logging
from datetime import UTC, datetime

from on_behalf_of.primitives.current_request import serving


class JsonLines(logging.Formatter):
    """One object a line: time, level, logger, message; ids where a request is being served; an exception as one field.

    Only what the line itself says and our own ids: no extra attributes, for those may hold whole requests.
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
        return json.dumps(line)  # everything beyond ASCII is escaped, so that nothing breaks or hides a line
