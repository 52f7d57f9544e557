from django.conf import settings
from django.db import models


class Order(models.Model):
    customer = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    item = models.CharField(max_length=80)
    quantity = models.PositiveIntegerField(default=1)


class Stock(models.Model):
    """The warehouse's stock, in a separate database."""

    item = models.CharField(max_length=80, unique=True)
    left = models.PositiveIntegerField()
