from on_behalf_of.resource_server import AccessToken
from tests.on_behalf_of.mcp.openapi.lending_library.circulation.models import Account


def user_of(token: AccessToken) -> object | None:
    """Return the user whose account names the token's subject, or None."""
    account = Account.objects.select_related("user").filter(subject=token.subject).first()
    return account and account.user
