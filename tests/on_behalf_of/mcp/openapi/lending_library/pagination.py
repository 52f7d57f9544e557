"""The three kinds of pages that DRF has."""

from rest_framework.pagination import CursorPagination, LimitOffsetPagination, PageNumberPagination


class Pages(PageNumberPagination):
    page_size = 2
    page_size_query_param = "page_size"
    max_page_size = 50


class Stretches(LimitOffsetPagination):
    default_limit = 2


class CardOrder(CursorPagination):
    page_size = 2
    ordering = "card"
