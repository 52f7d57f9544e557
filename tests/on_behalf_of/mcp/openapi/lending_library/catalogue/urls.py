from django.urls import include, path
from rest_framework.routers import SimpleRouter
from rest_framework.urlpatterns import format_suffix_patterns

from tests.on_behalf_of.mcp.openapi.lending_library.catalogue import books, shelves

router = SimpleRouter()
router.register("books", books.BookViewSet)
router.register("categories", shelves.CategoryViewSet)
copies = shelves.CopyViewSet.as_view({"get": "list", "post": "create"})
copy = shelves.CopyViewSet.as_view({"get": "retrieve", "put": "update", "patch": "partial_update", "delete": "destroy"})

urlpatterns = [
    path("", include(router.urls)),
    path("books/<int:pk>/cover/", books.Cover.as_view()),
    path("books/<int:book_pk>/copies/", copies),
    path("books/<int:book_pk>/copies/<int:id>/", copy),
    path("reviews/", shelves.ReviewList.as_view()),
    path("reviews/<int:pk>/", shelves.ReviewDetail.as_view()),
    path("shelves/<str:name>/", shelves.ShelfDetail.as_view()),
    path("shelf-map/", shelves.ShelfMap.as_view()),
    path("isbn/<isbn>/", shelves.BookByIsbn.as_view()),
    path("stocktakes/", shelves.Stocktake.as_view()),
    path("reservations/<uuid:reference>/", shelves.ReservationDetail.as_view()),
    *format_suffix_patterns([path("statistics", shelves.Statistics.as_view())]),
]
