"""Delegated access in Django REST framework: who calls, whether they may, and the row that every call leaves."""
