"""Who may do what, by the token's scopes and by the caller's own rights. Both must allow a call."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView

from on_behalf_of.drf import HasScope
from tests.on_behalf_of.mcp.openapi.lending_library.circulation.models import Account, Loan


class IsLibrarian(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return Account.objects.filter(user=request.user.pk, is_librarian=True).exists()


class OnlyLibrariansWrite(IsLibrarian):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.method in SAFE_METHODS or super().has_permission(request, view)


class IsBorrower(BasePermission):
    def has_object_permission(self, request: Request, view: APIView, obj: Loan) -> bool:
        return bool(obj.borrower.pk == request.user.pk)


# Lists of classes, except that a HasScope is an instance already; DRF's stubs only know classes.
CATALOGUE: Any = [IsAuthenticated, HasScope("catalogue:read", to_write="catalogue:write")]
CURATED: Any = [*CATALOGUE, OnlyLibrariansWrite]
LOANS: Any = [IsAuthenticated, HasScope("loans:read", to_write="loans:write")]
OWN_LOAN: Any = [*LOANS, IsBorrower]
BACK_OFFICE: Any = [*LOANS, IsLibrarian]
