from django.urls import include, path
from rest_framework.routers import DefaultRouter

from orders import views

app_name = "orders"
router = DefaultRouter()
router.register("orders", views.OrderViewSet)

urlpatterns = [
    path("", include(router.urls)),
    path("stock/<item>", views.stock, name="stock"),
]
