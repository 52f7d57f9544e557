"""The rest of the catalogue: categories, copies, reviews, shelves, reservations, figures."""

from collections import defaultdict
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, mixins, renderers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from tests.on_behalf_of.mcp.openapi.lending_library.catalogue.filters import ReviewFilter
from tests.on_behalf_of.mcp.openapi.lending_library.catalogue.models import (
    Book,
    Category,
    Copy,
    Reservation,
    Review,
    Shelf,
)
from tests.on_behalf_of.mcp.openapi.lending_library.catalogue.serializers import (
    BookSummarySerializer,
    CategorySerializer,
    CopySerializer,
    ReservationSerializer,
    ReviewSerializer,
    ShelfSerializer,
    StatisticsSerializer,
    StocktakeSerializer,
)
from tests.on_behalf_of.mcp.openapi.lending_library.pagination import Stretches
from tests.on_behalf_of.mcp.openapi.lending_library.permissions import CATALOGUE, CURATED

COPIES = {"type": "array", "items": {"type": "integer"}, "nullable": True}  # as 3.0 says it, written by hand
MAP = {"type": "object", "additionalProperties": COPIES}
PLAN = OpenApiParameter("name", str, description="The name of the plan to note the change in.")
RULES = "\n\n".join(
    f"Rule {number}: count shelf {number} twice, by two people, on two days, and write down what is missing from it."
    for number in range(1, 101)
)


class CategoryViewSet(
    mixins.ListModelMixin,
    mixins.CreateModelMixin,
    mixins.RetrieveModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet[Category],
):
    """Categories, each with those below it."""

    queryset = Category.objects.order_by("id")
    serializer_class = CategorySerializer
    permission_classes = CURATED
    pagination_class = None

    def get_queryset(self) -> QuerySet[Category]:
        categories = super().get_queryset()
        return categories.filter(parent=None) if self.action == "list" else categories


class CopyViewSet(viewsets.ModelViewSet[Copy]):
    """The copies of one book."""

    queryset = Copy.objects.all()
    serializer_class = CopySerializer
    permission_classes = CURATED
    pagination_class = None
    lookup_field = "id"

    def get_queryset(self) -> QuerySet[Copy]:
        return super().get_queryset().filter(book=self.kwargs["book_pk"])

    def perform_create(self, serializer: BaseSerializer[Copy]) -> None:
        serializer.save(book=generics.get_object_or_404(Book, pk=self.kwargs["book_pk"]))


class ReviewList(generics.ListCreateAPIView[Review]):
    """Readers' reviews of books."""

    queryset = Review.objects.all()
    serializer_class = ReviewSerializer
    permission_classes = CATALOGUE
    filter_backends = (ReviewFilter,)
    pagination_class = Stretches

    def perform_create(self, serializer: BaseSerializer[Review]) -> None:
        serializer.save(reader_id=self.request.user.pk)


class ReviewDetail(generics.RetrieveUpdateDestroyAPIView[Review]):
    """One of your own reviews. Only its author can see or change it here."""

    serializer_class = ReviewSerializer
    permission_classes = CATALOGUE
    http_method_names = ("get", "patch", "delete")

    def get_queryset(self) -> QuerySet[Review]:
        return Review.objects.filter(reader=self.request.user.pk)


@extend_schema(parameters=[PLAN])
class ShelfDetail(generics.GenericAPIView[Shelf]):
    queryset = Shelf.objects.all()
    serializer_class = ShelfSerializer
    permission_classes = CURATED
    lookup_field = "name"

    def put(self, request: Request, name: str) -> Response:
        """Change a shelf. Three things here are called `name`: the shelf's name, its new one, and a plan's."""
        serializer = self.get_serializer(self.get_object(), data=request.data)
        serializer.is_valid(raise_exception=True)
        serializer.save()
        return Response(serializer.data)


class ShelfMap(APIView):
    permission_classes = CATALOGUE

    @extend_schema(operation_id="getShelfMap", responses={200: MAP})
    def get(self, request: Request) -> Response:
        """List the ids of the copies on each shelf."""
        found: dict[str, list[int]] = defaultdict(list)
        for shelf, pk in Copy.objects.values_list("shelf", "pk"):
            found[shelf].append(pk)
        return Response(found)


@extend_schema(deprecated=True)
class BookByIsbn(generics.RetrieveAPIView[Book]):
    """Find a book by its ISBN."""

    queryset = Book.objects.all()
    serializer_class = BookSummarySerializer
    permission_classes = CATALOGUE
    lookup_field = "isbn"


class Stocktake(generics.GenericAPIView[Any]):
    __doc__ = f"Report a counted shelf.\n\n{RULES}"
    serializer_class = StocktakeSerializer
    permission_classes = CURATED

    def post(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        expected = Copy.objects.filter(shelf=serializer.validated_data["shelf"]).count()
        return Response(serializer.validated_data | {"missing": expected - serializer.validated_data["counted"]})


class ReservationDetail(generics.DestroyAPIView[Reservation]):
    """Give up a reservation of yours."""

    queryset = Reservation.objects.all()
    serializer_class = ReservationSerializer
    permission_classes = CATALOGUE
    lookup_field = "reference"

    def get_queryset(self) -> QuerySet[Reservation]:
        return super().get_queryset().filter(reader=self.request.user.pk)


class CsvRenderer(renderers.BaseRenderer):
    media_type = "text/csv"
    format = "csv"

    def render(self, data: Any, *args: Any, **kwargs: Any) -> bytes:
        return "".join(f"{name},{value}\r\n" for name, value in data.items()).encode()


class Statistics(APIView):
    """Count the books and copies. Formats are chosen by the query, by a suffix, or by the Accept header."""

    permission_classes = CATALOGUE
    renderer_classes = (renderers.JSONRenderer, CsvRenderer)

    @extend_schema(responses=StatisticsSerializer)
    def get(self, request: Request, format: str | None = None) -> Response:  # noqa: A002 - DRF's name
        return Response({"books": Book.objects.count(), "copies": Copy.objects.count()})
