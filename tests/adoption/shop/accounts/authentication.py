from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed

from accounts.models import Customer


class PartnerKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer partner-…`, a key per partner."""

    def authenticate(self, request):
        scheme, _, key = get_authorization_header(request).decode().partition(" ")
        if scheme.lower() != "bearer":
            return None
        partner = key.removeprefix("partner-")
        customer = Customer.objects.filter(email=f"{partner}@partners.example").first()
        if not key.startswith("partner-") or customer is None:
            raise AuthenticationFailed("This is not a partner's key.")
        return customer, key

    def authenticate_header(self, request):
        return "Bearer"
