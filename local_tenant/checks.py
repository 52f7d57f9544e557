from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from local_tenant.redirect_uris import is_this_machine


@register()
def tenant_is_for_development(**_kwargs: Any) -> list[CheckMessage]:
    """Check that only this machine can reach the tenant, because its home page shows passwords."""
    problems: list[CheckMessage] = []
    if not settings.DEBUG:
        problems.append(
            Error(
                "The local tenant needs DEBUG on.",
                hint="Name your real tenant in OAUTH_ISSUER or AUTH0_DOMAIN. This app is then not installed.",
                id="local_tenant.E001",
            )
        )
    issuer = urlsplit(settings.LOCAL_TENANT.issuer)
    if not is_this_machine(issuer.hostname) or issuer.path not in {"", "/"}:
        problems.append(
            Error(
                "The local tenant's issuer must be a URL on this machine, without a path.",
                hint="Use something like http://localhost:9000/ in OAUTH_ISSUER.",
                id="local_tenant.E002",
            )
        )
    return problems
