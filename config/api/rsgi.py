"""The RSGI application that `serve api` runs."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.api.settings")

from on_behalf_of.serving.rsgi import application

__all__ = ["application"]
