from collections.abc import Iterable, Sequence
from typing import Any

from rest_framework.test import APIClient

from on_behalf_of.testing.fake_issuer import FakeIssuer, OneActor


def on_behalf_of_client(
    issuer: FakeIssuer,
    *,
    subject: str,
    actor: OneActor | Sequence[OneActor] | None,
    scopes: Iterable[str] = (),
    raise_request_exception: bool = True,
    **claims: Any,
) -> APIClient:
    """Return an APIClient whose calls carry a token with which `actor` acts for `subject`.

    Without an actor, the user's own client calls. `claims` are those of `FakeIssuer.claims`, such as `organization`.
    The API must trust the issuer: see `trusting`, or use the fixture `obo_client`.
    """
    client = APIClient(raise_request_exception=raise_request_exception)
    token = issuer.token(subject=subject, actor=actor, scopes=scopes, **claims)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client
