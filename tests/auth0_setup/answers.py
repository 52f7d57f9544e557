"""The shapes of the Management API's answers: documents, errors, and the two kinds of pages."""

import json
from typing import Any

from tests.loopback_server import Reply


def answer(status: int, document: Any) -> Reply:
    return Reply(status, json.dumps(document).encode(), {"Content-Type": "application/json"})


def problem(status: int, error: str, message: str) -> Reply:
    return answer(status, {"statusCode": status, "error": error, "message": message, "errorCode": "invalid"})


def offset(name: str, items: list[Any], query: dict[str, list[str]]) -> Reply:
    page, size = int(query["page"][0]), int(query["per_page"][0])
    if not 1 <= size <= 100:
        return problem(400, "Bad Request", "Query validation error: per_page")
    shown = items[page * size : (page + 1) * size]
    return answer(200, {"start": page * size, "limit": size, "length": len(shown), "total": len(items), name: shown})


def checkpoint(name: str, items: list[Any], query: dict[str, list[str]]) -> Reply:
    begin, size = int(query.get("from", ["0"])[0]), int(query.get("take", ["50"])[0])
    if not 1 <= size <= 100:
        return problem(400, "Bad Request", "Query validation error: take")
    following = {"next": str(begin + size)} if len(items) > begin + size else {}
    return answer(200, {name: items[begin : begin + size], **following})
