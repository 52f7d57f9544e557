import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand
from django.utils import timezone

from tests.on_behalf_of.mcp.openapi.lending_library.catalogue.models import Book, Category, Copy, Publisher, Shelf
from tests.on_behalf_of.mcp.openapi.lending_library.circulation.models import Account, Branch, Loan, Member


class Command(BaseCommand):
    help = "Fill an empty library: alice is a librarian of the branch `north`, bob a reader of the branch `south`."

    def handle(self, **_options: Any) -> None:
        north = Branch.objects.create(code="north", name="North")
        south = Branch.objects.create(code="south", name="South")
        users = get_user_model()._default_manager
        alice, bob = users.create(username="alice"), users.create(username="bob")
        Account.objects.create(user=alice, subject="auth0|alice", branch=north, is_librarian=True)
        Account.objects.create(user=bob, subject="auth0|bob", branch=south)
        for number in range(1, 4):
            Member.objects.create(card=f"N-{number}", name=f"Northerner {number}", branch=north)
            Member.objects.create(card=f"S-{number}", name=f"Southerner {number}", branch=south)
        novels = Category.objects.create(name="Novels")
        Category.objects.create(name="Sea stories", parent=novels)
        Shelf.objects.create(name="A1")
        press = Publisher.objects.create(
            name="Harbour Press", email="press@harbour.example", website="https://harbour.example"
        )
        today = timezone.localdate()
        for number, borrower in enumerate((alice, bob, bob), start=1):
            isbn = f"978000000000{number}"
            book = Book.objects.create(
                title=f"Book {number}", isbn=isbn, price=number * 10, language="en", category=novels, publisher=press
            )
            copy = Copy.objects.create(book=book, barcode=f"C-{number}", shelf="A1")
            due = today - datetime.timedelta(days=1) if number == 3 else today + datetime.timedelta(days=7)
            Loan.objects.create(copy=copy, borrower=borrower, due=due)
