"""The API's refusals and failures: shared components of the description.

They repeat sentences and codes that are written elsewhere (`refusals`, `errors`,
`on_behalf_of.resource_server.refusals`); the tests compare the two.
"""

from typing import Any

from on_behalf_of.resource_server.refusals import Reason

Component = dict[str, Any]


def _ref(kind: str, name: str) -> Component:
    return {"$ref": f"#/components/{kind}/{name}"}


def _header(description: str, **schema: Any) -> Component:
    return {"description": description, "required": True, "schema": schema}


HEADERS: dict[str, Component] = {
    "X-Request-ID": _header("Identifies this request, also in the API's log.", type="string", pattern="^[0-9a-f]{32}$"),
    "WWW-Authenticate": _header(
        "The challenge (RFC 6750 §3): error and description, the scopes to ask for, and where the metadata of this API "
        "is (RFC 9728 §5.1).",
        type="string",
        pattern="^Bearer ",
    ),
    "Retry-After": _header("Seconds to wait before trying again.", type="string", pattern="^[0-9]+$"),
    "Allow": _header("The methods that the path accepts.", type="string"),
}

_DETAIL = {"type": "string", "description": "What is wrong, as a sentence for people."}
_ERROR = {"type": "string", "description": "RFC 6750's error code, if it has one for this case."}
_REASON = _ref("schemas", "Reason")

SCHEMAS: dict[str, Component] = {
    "Reason": {
        "type": "string",
        "enum": [reason.value for reason in Reason],
        "description": "Why the token or its bearer is refused, as a stable code.",
    },
    "Problem": {"type": "object", "required": ["detail"], "properties": {"detail": _DETAIL}},
    "InvalidInput": {
        "type": "object",
        "description": "What is wrong with each member of the body.",
        "additionalProperties": {"type": "array", "items": {"type": "string"}, "minItems": 1},
    },
    "InvalidRequest": {
        "type": "object",
        "required": ["detail", "error", "reason"],
        "properties": {"detail": _DETAIL, "error": _ERROR | {"const": "invalid_request"}, "reason": _REASON},
    },
    "InvalidToken": {
        "type": "object",
        "required": ["detail"],
        "properties": {"detail": _DETAIL, "error": _ERROR | {"const": "invalid_token"}, "reason": _REASON},
        "dependentRequired": {"error": ["reason"]},
    },
    "NotPermitted": {
        "type": "object",
        "required": ["detail", "reason"],
        "properties": {
            "detail": _DETAIL,
            "error": _ERROR | {"const": "insufficient_scope"},
            "reason": _REASON,
            "scope": {"type": "string", "description": "All scopes that the operation needs, separated by spaces."},
        },
        "dependentRequired": {"error": ["scope"]},
    },
    "Unavailable": {
        "type": "object",
        "required": ["detail"],
        "properties": {"detail": _DETAIL, "error": {"type": "string", "const": "temporarily_unavailable"}},
    },
    "UnexpectedError": {
        "type": "object",
        "required": ["detail", "request_id"],
        "properties": {
            "detail": _DETAIL,
            "request_id": {"type": "string", "description": "Name it when you report the error."},
        },
    },
}


def _response(description: str, *schemas: str, headers: tuple[str, ...] = (), examples: Component) -> Component:
    one = [_ref("schemas", name) for name in schemas]
    return {
        "description": description,
        "headers": {name: _ref("headers", name) for name in ("X-Request-ID", *headers)},
        "content": {
            "application/json": {
                "schema": one[0] if len(one) == 1 else {"anyOf": one},
                "examples": {name: {"value": value} for name, value in examples.items()},
            }
        },
    }


def _optional(response: Component, *headers: str) -> Component:
    """Add headers that only some of these answers carry."""
    inline = {name: HEADERS[name] | {"required": False} for name in headers}
    return response | {"headers": response["headers"] | inline}


_NOT_THE_TOKEN = {
    "detail": "Access tokens are accepted in the Authorization header only, never in the URL.",
    "error": "invalid_request",
    "reason": "token_in_query",
}
RESPONSES: dict[str, Component] = {
    "BadRequest": _optional(
        _response(
            "The request is malformed: the way it carries the token, or a parameter.",
            "InvalidRequest",
            "Problem",
            examples={
                "token_in_url": _NOT_THE_TOKEN,
                "parameter": {"detail": "page_size must be one whole number from 1 to 100."},
            },
        ),
        "WWW-Authenticate",
    ),
    "InvalidBody": _optional(
        _response(
            "The request is malformed: the way it carries the token, the JSON of its body, or the body's content.",
            "InvalidRequest",
            "Problem",
            "InvalidInput",
            examples={
                "member": {"title": ["This field is required."]},
                "json": {"detail": "The body is not a well-formed JSON document."},
                "token_in_url": _NOT_THE_TOKEN,
            },
        ),
        "WWW-Authenticate",
    ),
    "Unauthorized": _response(
        "There is no access token, or it is not accepted: expired, for another audience, from another issuer.",
        "InvalidToken",
        headers=("WWW-Authenticate",),
        examples={
            "no_token": {"detail": "Authentication credentials were not provided."},
            "expired": {
                "detail": "The access token has expired.",
                "error": "invalid_token",
                "reason": "token_expired",
            },
        },
    ),
    "Forbidden": _response(
        "The token is valid but not sufficient: it lacks a scope, or a rule forbids the call to its bearer.",
        "NotPermitted",
        headers=("WWW-Authenticate",),
        examples={
            "scope": {
                "detail": "The access token lacks a scope that this operation needs.",
                "error": "insufficient_scope",
                "reason": "insufficient_scope",
                "scope": "write:private",
            },
            "actor": {
                "detail": "The current actor (act) may not call this resource.",
                "reason": "actor_not_trusted",
            },
        },
    ),
    "NotFound": _response(
        "There is no such object, or it belongs to another user; the answer is the same.",
        "Problem",
        examples={"not_found": {"detail": "Not found."}},
    ),
    "MethodNotAllowed": _response(
        "The path does not accept this method.",
        "Problem",
        headers=("Allow",),
        examples={"method": {"detail": 'Method "PATCH" not allowed.'}},
    ),
    "NotAcceptable": _response(
        "Answers are JSON, which the request's Accept header excludes.",
        "Problem",
        examples={"accept": {"detail": "Could not satisfy the request Accept header."}},
    ),
    "RequestTimeout": _response(
        "The body did not arrive within ten seconds.",
        "Problem",
        examples={"slow": {"detail": "The request's body did not arrive in time."}},
    ),
    "ContentTooLarge": _response(
        "The body is too large.",
        "Problem",
        examples={"large": {"detail": "The request's body is too large."}},
    ),
    "URITooLong": _response(
        "Path and query are longer than 8 KB.",
        "Problem",
        examples={"long": {"detail": "The URL is longer than 8192 characters."}},
    ),
    "UnsupportedMediaType": _response(
        "Bodies must be `application/json`.",
        "Problem",
        examples={"type": {"detail": 'Unsupported media type "text/plain" in request.'}},
    ),
    "UnexpectedError": _response(
        "An unexpected error. The API's log says more under the request's id.",
        "UnexpectedError",
        examples={
            "unexpected": {
                "detail": "Something went wrong on our side.",
                "request_id": "7c9e6679f0b44a3f8d1c2b5a9e0d4c31",
            }
        },
    ),
    "ServiceUnavailable": _response(
        "Nothing was done: the issuer's keys cannot be fetched, so the token cannot be verified, or the database does "
        "not answer, so the call cannot be recorded.",
        "Unavailable",
        headers=("Retry-After",),
        examples={
            "keys": {
                "detail": "The issuer's keys cannot be fetched at the moment; try again.",
                "error": "temporarily_unavailable",
            },
            "database": {"detail": "The database does not answer at the moment, so nothing was done; try again."},
        },
    ),
}
# The server may give these answers before the API sees the request, so without a request id.
for _name in ("RequestTimeout", "ContentTooLarge", "URITooLong", "ServiceUnavailable"):
    RESPONSES[_name] = _optional(RESPONSES[_name], "X-Request-ID")

COMPONENTS = {"schemas": SCHEMAS, "headers": HEADERS, "responses": RESPONSES}
