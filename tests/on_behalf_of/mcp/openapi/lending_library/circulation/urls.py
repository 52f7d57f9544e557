from django.urls import include, path
from rest_framework.routers import SimpleRouter

from tests.on_behalf_of.mcp.openapi.lending_library.circulation import desk, lending

router = SimpleRouter()
router.register("members", lending.MemberViewSet)
router.register("loans", lending.LoanViewSet)

urlpatterns = [
    path("", include(router.urls)),
    path("payments/", lending.PaymentList.as_view()),
    path("transfers/", desk.Transfers.as_view()),
    path("notices/", desk.Notices.as_view()),
    path("newsletter/", desk.Newsletter.as_view()),
    path("me/", desk.Me.as_view()),
    path("opening-hours/", desk.OpeningHours.as_view()),
]
