from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers

from tests.on_behalf_of.mcp.openapi.lending_library.catalogue.models import Copy
from tests.on_behalf_of.mcp.openapi.lending_library.circulation.models import Branch, Loan, Member, Payment


class MemberSerializer(serializers.ModelSerializer[Member]):
    branch = serializers.SlugRelatedField(slug_field="code", read_only=True)  # type: ignore[var-annotated]

    class Meta:
        model = Member
        fields = ("card", "name", "email", "joined", "branch", "photo")
        read_only_fields = ("card",)


class LoanSerializer(serializers.ModelSerializer[Loan]):
    class Meta:
        model = Loan
        fields = ("id", "copy", "state", "due", "renewals")
        read_only_fields = ("state", "due", "renewals")


class CardPaymentSerializer(serializers.ModelSerializer[Payment]):
    kind = serializers.ChoiceField(choices=["card"])
    last_digits = serializers.RegexField(r"^\d{4}$")

    class Meta:
        model = Payment
        fields = ("id", "kind", "amount", "last_digits")


class CashPaymentSerializer(serializers.ModelSerializer[Payment]):
    kind = serializers.ChoiceField(choices=["cash"])
    till = serializers.IntegerField(min_value=1)

    class Meta:
        model = Payment
        fields = ("id", "kind", "amount", "till")


PAYMENT_SERIALIZERS: dict[Any, Any] = {"card": CardPaymentSerializer, "cash": CashPaymentSerializer}
PAYMENT = PolymorphicProxySerializer(
    component_name="Payment", serializers=PAYMENT_SERIALIZERS, resource_type_field_name="kind"
)


class TransferSerializer(serializers.Serializer[Any]):
    copy = serializers.PrimaryKeyRelatedField(queryset=Copy.objects.all())
    branch = serializers.SlugRelatedField(slug_field="code", queryset=Branch.objects.all())


class NoticeSerializer(serializers.Serializer[Any]):
    title = serializers.CharField(help_text="As it is shown.\u202e\u2066")
    until = serializers.DateTimeField(allow_null=True)


class SubscriptionSerializer(serializers.Serializer[Any]):
    email = serializers.EmailField()
    weekly = serializers.BooleanField(default=False)


class MeSerializer(serializers.Serializer[Any]):
    subject = serializers.CharField()
    branch = serializers.CharField()
    is_librarian = serializers.BooleanField()


class OpeningHoursSerializer(serializers.Serializer[Any]):
    weekday = serializers.ChoiceField(choices=["monday", "saturday"])
    opens = serializers.TimeField()
    closes = serializers.TimeField()
