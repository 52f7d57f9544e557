from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import api_view
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from orders.models import Order, Stock
from orders.serializers import OrderSerializer


@extend_schema_view(
    list=extend_schema(summary="List your orders"),
    create=extend_schema(summary="Order something"),
)
class OrderViewSet(ModelViewSet):
    queryset = Order.objects.order_by("id")
    serializer_class = OrderSerializer

    def get_queryset(self):
        return super().get_queryset().filter(customer=self.request.user)

    def perform_create(self, serializer):
        serializer.save(customer=self.request.user)


@extend_schema(responses={200: {"type": "object"}})
@api_view(["GET"])
def stock(request, item):
    left = Stock.objects.filter(item=item).values_list("left", flat=True).first()
    return Response({"item": item, "left": left or 0})
