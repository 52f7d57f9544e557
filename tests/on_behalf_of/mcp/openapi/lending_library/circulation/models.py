from typing import ClassVar

from django.conf import settings
from django.db import models

from tests.on_behalf_of.mcp.openapi.lending_library.catalogue.models import Copy


class Branch(models.Model):
    code = models.SlugField(unique=True)
    name = models.CharField(max_length=80)

    objects: ClassVar[models.Manager["Branch"]] = models.Manager()

    def __str__(self) -> str:
        return self.name


class Account(models.Model):
    """What the library knows of a user: their subject at the tenant, their branch, and whether they work there."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE)
    subject = models.CharField(max_length=255, unique=True)
    branch = models.ForeignKey(Branch, models.PROTECT)
    is_librarian = models.BooleanField(default=False)

    objects: ClassVar[models.Manager["Account"]] = models.Manager()

    def __str__(self) -> str:
        return self.subject


class Member(models.Model):
    card = models.CharField(max_length=12, unique=True)
    name = models.CharField(max_length=80)
    email = models.EmailField(blank=True)
    joined = models.DateField(auto_now_add=True)
    branch = models.ForeignKey(Branch, models.PROTECT)
    photo = models.FileField(upload_to="photos", blank=True)

    objects: ClassVar[models.Manager["Member"]] = models.Manager()

    def __str__(self) -> str:
        return self.name


class Loan(models.Model):
    class State(models.TextChoices):
        ACTIVE = "active"
        RETURNED = "returned"

    copy = models.ForeignKey(Copy, models.PROTECT)
    borrower = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE)
    due = models.DateField()
    renewals = models.PositiveSmallIntegerField(default=0)

    objects: ClassVar[models.Manager["Loan"]] = models.Manager()

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.copy} until {self.due}"


class Payment(models.Model):
    class Kind(models.TextChoices):
        CARD = "card"
        CASH = "cash"

    payer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    kind = models.CharField(max_length=4, choices=Kind)
    amount = models.DecimalField(max_digits=6, decimal_places=2)
    last_digits = models.CharField(max_length=4, blank=True)  # of a card
    till = models.PositiveSmallIntegerField(null=True)  # where cash was paid

    objects: ClassVar[models.Manager["Payment"]] = models.Manager()

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.amount} by {self.kind}"
