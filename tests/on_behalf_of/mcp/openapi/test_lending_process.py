"""The served lending library: calls that succeed, and what each user is refused beyond scopes."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.mcp.openapi.lending_process import ALICE, BOB, SCOPES, bearer, lending_tenant, served_library

pytestmark = pytest.mark.processes
BOOK = {
    "title": "A new book",
    "isbn": "9780000000099",
    "language": None,
    "price": "12.50",
    "published": "2020-02-29",
    "loan_period": "7 00:00:00",
    "publisher": {"name": "Quay", "email": "quay@example.com", "website": "https://quay.example"},
    "contributors": [{"name": "Ada", "role": "author"}, {"name": "Ben", "role": "translator"}],
    "shelf_marks": [3, 4],
    "attributes": {"binding": "cloth"},
    "extra": [1, {"two": None}],
}


class Library:
    def __init__(self, url: str, tenant: FakeTenant) -> None:
        self.url, self.tenant = url, tenant

    def call(self, method: str, path: str, *, subject: str = ALICE, scope: str = " ".join(SCOPES), **sent: Any) -> Any:
        headers = bearer(self.tenant, scope, subject) | sent.pop("headers", {})
        return httpx2.request(method, f"{self.url}/api/v2/{path}", headers=headers, timeout=30, **sent)

    def read(self, path: str, **sent: Any) -> Any:
        answer = self.call("GET", path, **sent)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with lending_tenant() as tenant, served_library(tmp_path_factory.mktemp("library"), tenant) as url:
        yield Library(url, tenant)


def test_users_see_their_own_rows(library: Library) -> None:
    assert library.read("loans/", subject=BOB)["count"] == 2
    assert library.read("loans/", subject=ALICE)["count"] == 3  # a librarian sees everyone's
    assert library.call("GET", "loans/1/", subject=BOB).status_code == 404
    assert [each["card"] for each in library.read("members/", subject=BOB)["results"]] == ["S-1", "S-2"]
    assert library.call("GET", "members/N-1/", subject=BOB).status_code == 404
    assert [each["id"] for each in library.read("loans/overdue/", subject=BOB)] == [3]


def test_a_librarian_cannot_return_a_book_for_its_borrower(library: Library) -> None:
    assert library.call("POST", "loans/2/return/", subject=ALICE).status_code == 403
    assert library.call("POST", "loans/2/return/", subject=BOB).status_code == 204
    assert [each["id"] for each in library.read("loans/", subject=BOB, params={"state": "active"})["results"]] == [3]


def test_only_librarians_export_members_and_change_the_catalogue(library: Library) -> None:
    assert library.call("GET", "members/export/", subject=BOB).status_code == 403
    assert library.call("GET", "members/export/").text.startswith("N-1,Northerner 1\r\n")
    assert library.call("POST", "books/", subject=BOB, json=BOOK).status_code == 403
    made = library.call("POST", "books/", json=BOOK)
    assert made.status_code == 201, made.text
    assert BOOK.items() <= made.json().items()
    assert library.call("DELETE", f"books/{made.json()['id']}/").status_code == 204


def test_renewals_are_throttled(library: Library) -> None:
    statuses = [library.call("POST", "loans/1/renew/").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]


def test_a_missing_scope_and_an_unknown_user_are_refused(library: Library) -> None:
    assert library.call("POST", "loans/", scope="loans:read", json={"copy": 1}).status_code == 403
    assert library.call("GET", "loans/", subject="auth0|carol").status_code == 403
    assert httpx2.get(f"{library.url}/api/v2/loans/").status_code == 401
    assert library.read("me/", subject=BOB, scope="loans:read")["branch"] == "South"


def test_search_takes_lists_and_objects_as_they_are_described(library: Library) -> None:
    query = "language=en&language=fr&price[min]=15&price[max]=25&fields=id,title&order=price"
    assert library.read(f"books/search/?{query}") == [{"id": 2, "title": "Book 2"}]
    assert library.call("GET", "books/search/?price[min]=cheap").status_code == 400
    assert library.read("books/?title__icontains=book&price__gt=15&page_size=1")["count"] == 2


def test_bodies_of_every_kind_are_taken(library: Library) -> None:
    repriced = library.call("POST", "books/reprice/", json=[{"id": 1, "price": "11.00"}])
    assert [each["price"] for each in repriced.json()] == ["11.00"]
    tree = {"name": "Science", "children": [{"name": "Physics", "children": [{"name": "Optics"}]}]}
    made = library.call("POST", "categories/", json=tree).json()
    assert made["children"][0]["children"][0]["name"] == "Optics"
    paid = library.call("POST", "payments/", subject=BOB, json={"kind": "cash", "amount": "2.00", "till": 1})
    assert paid.status_code == 201, paid.text
    assert library.read("payments/", subject=BOB)["results"] == [paid.json()]
    assert library.call("POST", "newsletter/", data={"email": "bob@example.com"}).status_code == 204
    assert library.call("POST", "newsletter/", json={"email": "bob@example.com"}).status_code == 415
    transfer = {"copy": 1, "branch": "south"}
    assert library.call("POST", "transfers/", json=transfer).status_code == 400
    assert library.call("POST", "transfers/", json=transfer, headers={"Idempotency-Key": "1"}).status_code == 200


def test_a_cover_is_uploaded_and_downloaded(library: Library) -> None:
    assert library.call("GET", "books/1/cover/").status_code == 404
    picture = b"\x89PNG\r\n\x1a\n"
    assert library.call("PUT", "books/1/cover/", files={"cover": ("1.png", picture)}).status_code == 204
    assert library.call("GET", "books/1/cover/").content == picture


def test_further_operations_answer(library: Library) -> None:
    reserved = library.call("POST", "books/1/reserve/", subject=BOB).json()
    assert library.call("DELETE", f"reservations/{reserved['reference']}/").status_code == 404
    assert library.call("DELETE", f"reservations/{reserved['reference']}/", subject=BOB).status_code == 204
    copies = library.read("books/2/copies/")
    assert library.read(f"books/2/copies/{copies[0]['id']}/") == copies[0]
    assert library.call("PUT", "shelves/A1/?name=plan", json={"name": "A1", "capacity": 5}).json()["capacity"] == 5
    assert library.read("shelf-map/") == {"A1": [1, 2, 3]}
    assert library.call("POST", "stocktakes/", json={"shelf": "A1", "counted": 2}).json()["missing"] == 1
    assert library.read("isbn/9780000000001/")["title"] == "Book 1"
    written = library.call("POST", "reviews/", json={"book": 1, "title": "Good", "stars": 5})
    assert written.status_code == 201, written.text
    assert library.read("reviews/", params={"title[contains]": "Go", "created-after": "2020-01-01"})["count"] == 1
    assert library.read("notices/")[0]["until"] is None
    for suffix in ("?format=csv", ".csv"):
        assert library.call("GET", f"statistics{suffix}").text.startswith("books,3\r\n")
