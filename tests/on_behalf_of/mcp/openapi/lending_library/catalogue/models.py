import datetime
import uuid
from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models


class Category(models.Model):
    name = models.CharField(max_length=80)
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="children")

    objects: ClassVar[models.Manager["Category"]] = models.Manager()

    def __str__(self) -> str:
        return self.name


class Publisher(models.Model):
    name = models.CharField(max_length=80)
    email = models.EmailField()
    website = models.URLField()

    objects: ClassVar[models.Manager["Publisher"]] = models.Manager()

    def __str__(self) -> str:
        return self.name


class Book(models.Model):
    class Language(models.TextChoices):
        ENGLISH = "en"
        FRENCH = "fr"
        GREEK = "el"

    class State(models.TextChoices):
        AVAILABLE = "available"
        WITHDRAWN = "withdrawn"

    reference = models.UUIDField(default=uuid.uuid4, editable=False)
    title = models.CharField(max_length=200)
    isbn = models.CharField(max_length=13, unique=True, validators=[RegexValidator(r"^\d{13}$")])
    language = models.CharField(max_length=2, choices=Language, null=True, blank=True)  # noqa: DJ001 - a shape
    state = models.CharField(max_length=10, choices=State, default=State.AVAILABLE)
    category = models.ForeignKey(Category, models.SET_NULL, null=True, blank=True)
    publisher = models.ForeignKey(Publisher, models.SET_NULL, null=True, blank=True)
    edition = models.PositiveSmallIntegerField(default=1)
    price = models.DecimalField(max_digits=8, decimal_places=2)
    published = models.DateField(null=True, blank=True)
    added = models.DateTimeField(auto_now_add=True)
    loan_period = models.DurationField(default=datetime.timedelta(days=21))
    contact = models.EmailField(blank=True)
    website = models.URLField(blank=True)
    shelf_marks = models.JSONField(default=list, blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    extra = models.JSONField(null=True, blank=True)
    cover = models.FileField(upload_to="covers", blank=True)

    objects: ClassVar[models.Manager["Book"]] = models.Manager()

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.title


class Contributor(models.Model):
    class Role(models.TextChoices):
        AUTHOR = "author"
        TRANSLATOR = "translator"

    book = models.ForeignKey(Book, models.CASCADE, related_name="contributors")
    name = models.CharField(max_length=80)
    role = models.CharField(max_length=10, choices=Role, default=Role.AUTHOR)

    objects: ClassVar[models.Manager["Contributor"]] = models.Manager()

    def __str__(self) -> str:
        return self.name


class Copy(models.Model):
    book = models.ForeignKey(Book, models.CASCADE, related_name="copies")
    barcode = models.CharField(max_length=20, unique=True)
    shelf = models.CharField(max_length=20, blank=True)

    objects: ClassVar[models.Manager["Copy"]] = models.Manager()

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.barcode


class Review(models.Model):
    book = models.ForeignKey(Book, models.CASCADE)
    reader = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    title = models.CharField(max_length=80)
    text = models.TextField(blank=True)
    stars = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(5)])
    created = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager["Review"]] = models.Manager()

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.title


class Shelf(models.Model):
    name = models.CharField(max_length=20, unique=True)
    capacity = models.PositiveIntegerField(default=100)

    objects: ClassVar[models.Manager["Shelf"]] = models.Manager()

    def __str__(self) -> str:
        return self.name


class Reservation(models.Model):
    reference = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    book = models.ForeignKey(Book, models.CASCADE)
    reader = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)

    objects: ClassVar[models.Manager["Reservation"]] = models.Manager()

    def __str__(self) -> str:
        return str(self.reference)
