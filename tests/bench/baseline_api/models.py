from typing import ClassVar

from django.db import models


class Access(models.Model):
    """Who called what, with the usual indexes on time and user."""

    time = models.DateTimeField(auto_now_add=True, db_index=True)
    subject = models.CharField(max_length=255, db_index=True)
    client_id = models.CharField(max_length=255)
    actor = models.CharField(max_length=255)
    act = models.JSONField()
    method = models.CharField(max_length=16)
    path = models.CharField(max_length=512)
    status = models.PositiveSmallIntegerField()

    objects: ClassVar[models.Manager["Access"]] = models.Manager()

    def __str__(self) -> str:
        return f"{self.method} {self.path}"
