from typing import Any

from rest_framework import serializers

from tests.on_behalf_of.mcp.openapi.lending_library.catalogue.models import (
    Book,
    Category,
    Contributor,
    Copy,
    Publisher,
    Reservation,
    Review,
    Shelf,
)


class CategorySerializer(serializers.ModelSerializer[Category]):
    """A category with those below it, to any depth."""

    class Meta:
        model = Category
        fields = ("id", "name", "children")

    def get_fields(self) -> Any:
        # Not a class attribute, because the class does not exist yet where its own body runs.
        return super().get_fields() | {"children": CategorySerializer(many=True, required=False)}

    def create(self, validated_data: dict[str, Any]) -> Category:
        below = validated_data.pop("children", [])
        category = Category.objects.create(**validated_data)
        for each in below:
            self.create(each | {"parent": category})
        return category


class CategoryNameSerializer(serializers.ModelSerializer[Category]):
    class Meta:
        model = Category
        fields = ("id", "name")


class PublisherSerializer(serializers.ModelSerializer[Publisher]):
    class Meta:
        model = Publisher
        fields = ("name", "email", "website")


class ContributorSerializer(serializers.ModelSerializer[Contributor]):
    class Meta:
        model = Contributor
        fields = ("name", "role")


class BookSerializer(serializers.ModelSerializer[Book]):
    category_info = CategoryNameSerializer(source="category", read_only=True)
    publisher = PublisherSerializer(required=False, allow_null=True, help_text="Who brought it out.")
    contributors = ContributorSerializer(many=True, required=False)
    shelf_marks = serializers.ListField(child=serializers.IntegerField(min_value=1), required=False)
    attributes = serializers.DictField(child=serializers.CharField(), required=False)
    extra = serializers.JSONField(required=False, allow_null=True, help_text="Anything, as the publisher sent it.")

    class Meta:
        model = Book
        fields = (
            *("id", "reference", "title", "isbn", "language", "state", "category", "category_info", "publisher"),
            *("contributors", "edition", "price", "published", "added", "loan_period", "contact", "website"),
            *("shelf_marks", "attributes", "extra", "cover"),
        )
        read_only_fields = ("state", "cover")

    def create(self, validated_data: dict[str, Any]) -> Book:
        return self.saved(Book(), validated_data)

    def update(self, instance: Book, validated_data: dict[str, Any]) -> Book:
        return self.saved(instance, validated_data)

    def saved(self, book: Book, values: dict[str, Any]) -> Book:
        """Save the book with the objects nested in it, which are made anew."""
        contributors = values.pop("contributors", None)
        if publisher := values.pop("publisher", None):
            values["publisher"] = Publisher.objects.create(**publisher)
        for name, value in values.items():
            setattr(book, name, value)
        book.save()
        if contributors is not None:
            Contributor.objects.filter(book=book).delete()
            Contributor.objects.bulk_create(Contributor(book=book, **each) for each in contributors)
        return book


class BookSummarySerializer(serializers.ModelSerializer[Book]):
    class Meta:
        model = Book
        fields = ("id", "title", "language", "price")


class BookPriceSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    price = serializers.DecimalField(max_digits=8, decimal_places=2)


class CoverSerializer(serializers.ModelSerializer[Book]):
    class Meta:
        model = Book
        fields = ("cover",)
        extra_kwargs = {"cover": {"required": True, "use_url": False}}  # noqa: RUF012 - DRF's form


class CopySerializer(serializers.ModelSerializer[Copy]):
    class Meta:
        model = Copy
        fields = ("id", "barcode", "shelf")


class ReviewSerializer(serializers.ModelSerializer[Review]):
    class Meta:
        model = Review
        fields = ("id", "book", "title", "text", "stars", "created")


class ShelfSerializer(serializers.ModelSerializer[Shelf]):
    class Meta:
        model = Shelf
        fields = ("name", "capacity")


class ReservationSerializer(serializers.ModelSerializer[Reservation]):
    class Meta:
        model = Reservation
        fields = ("reference", "book")


class StocktakeSerializer(serializers.Serializer[Any]):
    shelf = serializers.CharField()
    counted = serializers.IntegerField(min_value=0)
    missing = serializers.IntegerField(read_only=True)


class StatisticsSerializer(serializers.Serializer[Any]):
    books = serializers.IntegerField()
    copies = serializers.IntegerField()
