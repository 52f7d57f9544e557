"""Members, loans and payments, of which each caller sees only some."""

import datetime
from typing import Any

from django.db.models import F, Q, QuerySet
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import generics, mixins, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from tests.on_behalf_of.mcp.openapi.lending_library.circulation.models import Account, Loan, Member, Payment
from tests.on_behalf_of.mcp.openapi.lending_library.circulation.serializers import (
    PAYMENT,
    PAYMENT_SERIALIZERS,
    LoanSerializer,
    MemberSerializer,
)
from tests.on_behalf_of.mcp.openapi.lending_library.pagination import CardOrder
from tests.on_behalf_of.mcp.openapi.lending_library.permissions import BACK_OFFICE, LOANS, OWN_LOAN

STATE = OpenApiParameter("state", str, enum=Loan.State.values, description="Only loans in this state.")
PERIOD = datetime.timedelta(days=21)


class OwnBranch(BaseFilterBackend):
    """Leaves only the members of the caller's branch."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: APIView) -> QuerySet[Any]:
        return queryset.filter(branch__account__user=request.user.pk)


class MemberViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.UpdateModelMixin,
    viewsets.GenericViewSet[Member],
):
    """The members of your branch, by the numbers of their cards."""

    queryset = Member.objects.all()
    serializer_class = MemberSerializer
    permission_classes = LOANS
    filter_backends = (OwnBranch,)
    pagination_class = CardOrder
    lookup_field = "card"
    http_method_names = ("get", "patch")

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR})
    @action(detail=False, permission_classes=BACK_OFFICE)
    def export(self, request: Request) -> HttpResponse:
        """Download the members of your branch as a table."""
        members = self.filter_queryset(self.get_queryset()).order_by("card")
        return HttpResponse("".join(f"{each.card},{each.name}\r\n" for each in members), content_type="text/csv")


@extend_schema_view(list=extend_schema(parameters=[STATE]))
class LoanViewSet(
    mixins.ListModelMixin,
    mixins.CreateModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet[Loan],
):
    """Your loans. Librarians see those of everyone, and still cannot return a book for its borrower."""

    queryset = Loan.objects.all()
    serializer_class = LoanSerializer
    permission_classes = LOANS
    throttle_scope: str | None = None

    def get_queryset(self) -> QuerySet[Loan]:
        user = self.request.user.pk
        is_librarian = Account.objects.filter(user=user, is_librarian=True).exists()
        loans = super().get_queryset().filter(Q() if is_librarian else Q(borrower=user))
        state = self.request.query_params.get("state")
        return loans.filter(state=state) if state and self.action == "list" else loans

    def perform_create(self, serializer: BaseSerializer[Loan]) -> None:
        serializer.save(borrower_id=self.request.user.pk, due=timezone.localdate() + PERIOD)

    @extend_schema(request=None, responses={204: None})
    @action(detail=True, methods=["post"], url_path="return", permission_classes=OWN_LOAN)
    def give_back(self, request: Request, pk: Any = None) -> Response:
        """Return a book that you borrowed."""
        Loan.objects.filter(pk=self.get_object().pk).update(state=Loan.State.RETURNED)
        return Response(status=204)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"], throttle_classes=[ScopedRateThrottle], throttle_scope="renewals")
    def renew(self, request: Request, pk: Any = None) -> Response:
        """Keep a book for longer. This is possible only a few times in an hour."""
        loan = self.get_object()
        Loan.objects.filter(pk=loan.pk).update(due=F("due") + PERIOD, renewals=F("renewals") + 1)
        loan.refresh_from_db()
        return Response(self.get_serializer(loan).data)

    @extend_schema(responses=LoanSerializer(many=True))
    @action(detail=False, pagination_class=None)
    def overdue(self, request: Request) -> Response:
        """List the loans that are due."""
        due = self.get_queryset().filter(state=Loan.State.ACTIVE, due__lt=timezone.localdate())
        return Response(self.get_serializer(due, many=True).data)


@extend_schema_view(get=extend_schema(responses=PAYMENT), post=extend_schema(request=PAYMENT, responses={201: PAYMENT}))
class PaymentList(generics.ListCreateAPIView[Payment]):
    """Your payments, by card or in cash."""

    queryset = Payment.objects.all()
    permission_classes = LOANS

    def get_queryset(self) -> QuerySet[Payment]:
        return super().get_queryset().filter(payer=self.request.user.pk)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.get_queryset()) or []
        return self.get_paginated_response([PAYMENT_SERIALIZERS[each.kind](each).data for each in page])

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        kind = request.data.get("kind") if isinstance(request.data, dict) else None
        if kind not in PAYMENT_SERIALIZERS:
            raise ValidationError({"kind": "This is not a kind of payment."})
        serializer = PAYMENT_SERIALIZERS[kind](data=request.data)
        serializer.is_valid(raise_exception=True)
        serializer.save(payer_id=request.user.pk)
        return Response(serializer.data, 201)
