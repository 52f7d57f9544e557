from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tests.bench.baseline_api.models import Access


class MayRead(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        claims: Any = request.auth
        return claims is not None and "read:private" in claims["scope"].split()


class PrivateScope(APIView):
    permission_classes = (MayRead,)

    def get(self, request: Request) -> Response:
        claims: Any = request.auth
        return Response({"subject": claims["sub"], "client_id": claims["client_id"]})

    def finalize_response(self, request: Any, response: Response, *args: Any, **kwargs: Any) -> Response:
        if request.auth:
            Access.objects.create(
                subject=request.auth["sub"],
                client_id=request.auth["client_id"],
                actor=request.auth["act"]["sub"],
                act=request.auth["act"],
                method=request.method,
                path=request.path,
                status=response.status_code,
            )
        return super().finalize_response(request, response, *args, **kwargs)
