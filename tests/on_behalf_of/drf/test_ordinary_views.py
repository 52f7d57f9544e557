"""Ordinary views of a project that adopts the library: a change and its row are committed together.

Each kind of view is called as it is, and in a project that sets ATOMIC_REQUESTS.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.urls import path
from django.utils.decorators import method_decorator
from pytest_django import Settings
from rest_framework.decorators import api_view, permission_classes
from rest_framework.parsers import FileUploadParser, JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ModelSerializer
from rest_framework.test import APIClient
from rest_framework.views import APIView
from rest_framework.viewsets import ModelViewSet

from downstream_api.models import Note
from on_behalf_of.audit.models import DelegatedAccess
from on_behalf_of.drf.scopes import HasScope
from tests.issuer import BRIDGE_CLIENT, Issuer
from tests.on_behalf_of.drf.conftest import bearer

pytestmark = pytest.mark.django_db(transaction=True)
SCOPES = HasScope("read:private", to_write="write:private")


def change(request: Any) -> Response:
    """Add a note, and end as the body asks."""
    Note.objects.create(issuer="i", owner="o", title=request.data["title"])
    match request.data["end"]:
        case "fail":
            raise RuntimeError("half-way")
        case "dangle":  # a foreign key to nowhere, which databases look at when they commit
            LogEntry.objects.create(user_id=1_000_000, object_repr="nothing", action_flag=1)
        case "refuse":
            return Response({"detail": "no"}, status=400)
    return Response({"in transaction": connection.in_atomic_block}, status=201)


class PlainView(APIView):
    permission_classes: Any = (SCOPES,)
    parser_classes = (JSONParser, MultiPartParser)

    def get(self, request: Request) -> Response:
        return Response({"in transaction": connection.in_atomic_block})

    def post(self, request: Request) -> Response:
        return change(request)


class NoteSerializer(ModelSerializer[Note]):
    class Meta:
        model = Note
        fields = ("title",)


class PlainViewSet(ModelViewSet[Note]):
    permission_classes: Any = (SCOPES,)
    queryset = Note.objects.all()
    serializer_class = NoteSerializer

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return change(request)


class Upload(APIView):
    permission_classes: Any = (SCOPES,)
    parser_classes = (FileUploadParser,)

    def put(self, request: Request, filename: str) -> Response:
        uploaded: Any = request.data
        Note.objects.create(issuer="i", owner="o", title=filename, body=uploaded["file"].read().decode())
        return Response({})


@api_view(["POST"])
@permission_classes([SCOPES])  # type: ignore[list-item] # DRF calls whatever stands there
def plain_function(request: Request) -> Response:
    return change(request)


@method_decorator(transaction.atomic, name="dispatch")
class AroundEverything(PlainView):
    """Its transaction ends before the middleware could write the row into it."""


@method_decorator(transaction.non_atomic_requests, name="dispatch")
class NotAtomic(PlainView):
    pass


urlpatterns = [
    path("view", PlainView.as_view()),
    path("set", PlainViewSet.as_view({"post": "create", "get": "list"})),
    path("function", plain_function),
    path("upload/<filename>", Upload.as_view()),
    path("around", AroundEverything.as_view()),
    path("not-atomic", NotAtomic.as_view()),
]
LOG = "obo_audit_delegatedaccess"
REFUSE = {
    "sqlite": [f"CREATE TRIGGER refuse BEFORE INSERT ON {LOG} BEGIN SELECT RAISE(ABORT, 'full'); END"],
    "postgresql": [
        "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger AS 'BEGIN RAISE EXCEPTION ''full''; END' LANGUAGE plpgsql",
        f"CREATE TRIGGER refuse BEFORE INSERT ON {LOG} EXECUTE FUNCTION refuse()",
    ],
}
EACH = pytest.mark.parametrize("address", ["/view", "/set", "/function"])


@pytest.fixture(params=[False, True], ids=["", "ATOMIC_REQUESTS"])
def atomic_requests(request: pytest.FixtureRequest) -> Iterator[bool]:
    before = connection.settings_dict["ATOMIC_REQUESTS"]
    connection.settings_dict["ATOMIC_REQUESTS"] = request.param
    yield request.param
    connection.settings_dict["ATOMIC_REQUESTS"] = before


@pytest.fixture
def project(api: APIClient, settings: Settings, atomic_requests: bool) -> APIClient:
    settings.ROOT_URLCONF = __name__
    return api


@pytest.fixture
def token(issuer: Issuer) -> dict[str, Any]:
    return bearer(issuer.delegated_token(scope="read:private write:private"))


@pytest.fixture
def unwritable_log() -> Iterator[None]:
    """The database refuses rows of the log, and nothing else."""
    with connection.cursor() as cursor:
        for statement in REFUSE[connection.vendor]:
            cursor.execute(statement)
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER refuse" + (f" ON {LOG}" if connection.vendor == "postgresql" else ""))


def notes_and_rows() -> tuple[int, list[int]]:
    return Note.objects.count(), list(DelegatedAccess.objects.values_list("status", flat=True))


def post(project: APIClient, address: str, end: str = "well", **token: Any) -> Any:
    return project.post(address, {"title": "t", "end": end}, format="json", **token)


@EACH
def test_a_change_commits_together_with_its_row(project: APIClient, token: dict[str, Any], address: str) -> None:
    answer = post(project, address, **token)
    assert (answer.status_code, answer.json()) == (201, {"in transaction": True})
    assert notes_and_rows() == (1, [201])
    row = DelegatedAccess.objects.get()
    assert (row.subject, row.actor, row.scopes_required) == ("auth0|alice", BRIDGE_CLIENT, ["write:private"])


@EACH
@pytest.mark.parametrize(("end", "status"), [("refuse", 400), ("fail", 500)])
def test_a_call_that_fails_is_undone_and_recorded(
    project: APIClient, token: dict[str, Any], address: str, end: str, status: int
) -> None:
    assert post(project, address, end, **token).status_code == status
    assert notes_and_rows() == (0, [status])


@EACH
def test_a_change_that_the_database_refuses_at_its_commit_is_an_error_on_record_and_no_outage_of_the_log(
    project: APIClient, token: dict[str, Any], address: str
) -> None:
    assert post(project, address, "dangle", **token).status_code == 500
    assert notes_and_rows() == (0, [500])
    assert DelegatedAccess.objects.get().reason == "unexpected_error"
    assert post(project, address, **token).status_code == 201  # other calls go on


@EACH
def test_a_change_that_cannot_be_recorded_is_not_carried_out(
    project: APIClient, token: dict[str, Any], address: str, unwritable_log: None
) -> None:
    answer = post(project, address, **token)
    assert answer.status_code == 503
    assert "was not carried out" in answer.json()["detail"]
    assert answer.headers["Retry-After"]
    assert notes_and_rows() == (0, [])


def test_a_read_that_cannot_be_recorded_is_refused(
    project: APIClient, token: dict[str, Any], unwritable_log: None
) -> None:
    answer = project.get("/view", **token)
    assert answer.status_code == 503
    assert "carried out" not in answer.json()["detail"]


@pytest.mark.parametrize("address", ["/view", "/set"])
def test_a_read_is_recorded(project: APIClient, token: dict[str, Any], address: str) -> None:
    assert project.get(address, **token).status_code == 200
    assert notes_and_rows() == (0, [200])


@EACH
def test_a_refused_call_changes_nothing_and_is_recorded(project: APIClient, issuer: Issuer, address: str) -> None:
    answer = post(project, address, **bearer(issuer.delegated_token(scope="read:private")))
    assert (answer.status_code, answer.json()["reason"]) == (403, "insufficient_scope")
    assert notes_and_rows() == (0, [403])
    assert DelegatedAccess.objects.get().reason == "insufficient_scope"


def test_a_form_with_a_file_is_read_before_the_transaction(project: APIClient, token: dict[str, Any]) -> None:
    form = {"title": "t", "end": "well", "file": SimpleUploadedFile("a.txt", b"x" * 3_000_000)}
    assert project.post("/view", form, format="multipart", **token).status_code == 201
    assert notes_and_rows() == (1, [201])


def test_an_upload_to_a_temporary_file_is_served(project: APIClient, token: dict[str, Any], settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    answer = project.put("/upload/a", b"twenty bytes of text", content_type="text/plain", **token)
    assert answer.status_code == 200
    assert Note.objects.get().body == "twenty bytes of text"


def test_a_body_that_is_too_large_is_refused_and_recorded(
    project: APIClient, token: dict[str, Any], settings: Settings
) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    assert post(project, "/view", **token).status_code == 413
    assert notes_and_rows() == (0, [413])


def test_a_malformed_body_is_refused_and_recorded(project: APIClient, token: dict[str, Any]) -> None:
    answer = project.post("/view", b"{", content_type="application/json", **token)
    assert answer.status_code == 400
    assert notes_and_rows() == (0, [400])


def test_a_non_atomic_view_runs_in_its_rows_transaction(project: APIClient, token: dict[str, Any]) -> None:
    assert post(project, "/not-atomic", "fail", **token).status_code == 500
    assert notes_and_rows() == (0, [500])


def test_a_transaction_around_the_authentication_is_refused_before_anything_is_done(
    project: APIClient, token: dict[str, Any], atomic_requests: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """With ATOMIC_REQUESTS, our transaction encloses that one, too, so nothing needs to be refused."""
    answer = post(project, "/around", **token)
    if atomic_requests:
        assert answer.status_code == 201
        assert notes_and_rows() == (1, [201])
    else:
        assert answer.status_code == 500
        assert notes_and_rows() == (0, [500])
        assert "put transaction.atomic on the method" in caplog.text


def test_a_view_called_without_the_middleware_accepts_no_token(
    project: APIClient, token: dict[str, Any], settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.MIDDLEWARE = [entry for entry in settings.MIDDLEWARE if "AuditMiddleware" not in entry]
    assert post(project, "/view", **token).status_code == 500
    assert "AuditMiddleware is missing" in caplog.text
    assert notes_and_rows() == (0, [])
