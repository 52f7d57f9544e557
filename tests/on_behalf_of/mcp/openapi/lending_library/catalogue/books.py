"""Books: the usual six operations with many kinds of fields, four actions, and a file."""

from typing import Any

from django.http import FileResponse, Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.generics import GenericAPIView
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from tests.on_behalf_of.mcp.openapi.lending_library.catalogue.filters import BookFilter, filtered
from tests.on_behalf_of.mcp.openapi.lending_library.catalogue.models import Book, Reservation
from tests.on_behalf_of.mcp.openapi.lending_library.catalogue.serializers import (
    BookPriceSerializer,
    BookSerializer,
    BookSummarySerializer,
    CoverSerializer,
    ReservationSerializer,
)
from tests.on_behalf_of.mcp.openapi.lending_library.permissions import CATALOGUE, CURATED

SEARCH = [
    OpenApiParameter("language", str, many=True, explode=True, enum=Book.Language.values, description="Repeat it."),
    OpenApiParameter("fields", str, many=True, explode=False, style="form", description="Separated by commas."),
    OpenApiParameter(
        "price",
        {"type": "object", "properties": {"min": {"type": "number"}, "max": {"type": "number"}}},
        style="deepObject",
        explode=True,
        description="As price[min] and price[max].",
    ),
    OpenApiParameter("order", str, enum=["title", "price"], default="title"),
]
SOURCE = OpenApiParameter("X-Request-Source", str, OpenApiParameter.HEADER, description="Where the reader came from.")


@extend_schema_view(retrieve=extend_schema(parameters=[SOURCE]))
class BookViewSet(ModelViewSet[Book]):
    """The library's books."""

    queryset = Book.objects.all()
    serializer_class = BookSerializer
    permission_classes = CURATED
    filter_backends = (BookFilter,)

    @extend_schema(parameters=SEARCH, responses=BookSummarySerializer(many=True))
    @action(detail=False, pagination_class=None, filter_backends=[])
    def search(self, request: Request) -> Response:
        """Find books by language and price."""
        asked = request.query_params
        prices = {"price[min]": "price__gte", "price[max]": "price__lte"}
        lookups: dict[str, Any] = {lookup: asked[name] for name, lookup in prices.items() if name in asked}
        if languages := asked.getlist("language"):
            lookups["language__in"] = languages
        order = "price" if asked.get("order") == "price" else "title"
        books = BookSummarySerializer(filtered(self.get_queryset(), lookups).order_by(order, "id"), many=True).data
        fields = asked["fields"].split(",") if "fields" in asked else BookSummarySerializer.Meta.fields
        return Response([{name: value for name, value in book.items() if name in fields} for book in books])

    @extend_schema(request=BookPriceSerializer(many=True), responses=BookSummarySerializer(many=True))
    @action(detail=False, methods=["post"], pagination_class=None, filter_backends=[])
    def reprice(self, request: Request) -> Response:
        """Set the prices of several books at once."""
        prices = BookPriceSerializer(data=request.data, many=True)
        prices.is_valid(raise_exception=True)
        for each in prices.validated_data:
            Book.objects.filter(pk=each["id"]).update(price=each["price"])
        changed = self.get_queryset().filter(pk__in=[each["id"] for each in prices.validated_data])
        return Response(BookSummarySerializer(changed, many=True).data)

    @extend_schema(request=None, responses={201: ReservationSerializer})
    @action(detail=True, methods=["post"], permission_classes=CATALOGUE)
    def reserve(self, request: Request, pk: Any = None) -> Response:
        """Reserve a book for yourself."""
        reservation = Reservation.objects.create(book=self.get_object(), reader_id=request.user.pk)
        return Response(ReservationSerializer(reservation).data, 201)


class Cover(GenericAPIView[Book]):
    """The picture on a book's cover."""

    queryset = Book.objects.all()
    serializer_class = CoverSerializer
    permission_classes = CURATED
    parser_classes = (MultiPartParser,)

    @extend_schema(responses={(200, "image/png"): OpenApiTypes.BINARY})
    def get(self, request: Request, pk: int) -> FileResponse:
        book = self.get_object()
        if not book.cover:
            raise Http404
        return FileResponse(book.cover.open(), content_type="image/png")

    @extend_schema(responses={204: None})
    def put(self, request: Request, pk: int) -> Response:
        serializer = self.get_serializer(self.get_object(), data=request.data)
        serializer.is_valid(raise_exception=True)
        serializer.save()
        return Response(status=204)
