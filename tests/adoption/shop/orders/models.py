from django.conf import settings
from django.db import models


class Order(models.Model):
    customer = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    item = models.CharField(max_length=80)
    quantity = models.PositiveIntegerField(default=1)


class Stock(models.Model):
    """Kept by the warehouse, in a database of its own."""

    item = models.CharField(max_length=80, unique=True)
    left = models.PositiveIntegerField()
