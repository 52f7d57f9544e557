from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests

MAX_PAGES = 10


class PageError(Exception):
    """A page with no way forward; the text is what the page said."""


@dataclass
class Form:
    """The first form of a page: its fields with their values, and its buttons."""

    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class _FormReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.form: Form | None = None
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "form" and self.form is None:
            self.form = Form()
        elif self.form and tag == "input" and attributes.get("name"):
            self.form.fields[attributes["name"]] = attributes.get("value", "")
        elif self.form and tag == "button" and attributes.get("name"):
            self.form.buttons.append((attributes["name"], attributes.get("value", "")))

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.text.append(data.strip())


class Person:
    """A user with a browser: reads the tenant's real pages, fills in the forms, and presses Allow."""

    def __init__(self, email: str, password: str) -> None:
        self.email = email
        self.pages: list[str] = []  # addresses of the pages seen
        self._answers = {"email": email, "password": password}
        self._browser = requests.Session()
        self._browser.trust_env = False

    def authorize(self, url: str, *, redirect_uri: str) -> str:
        """Go through login and consent, starting at `url`. Return the URL that leads back to the client.

        Raises PageError if a page offers no way forward.
        """
        answer = self._browser.get(url, allow_redirects=False, timeout=10)
        for _ in range(MAX_PAGES):
            if location := answer.headers.get("Location"):
                target = urljoin(answer.url, location)
                if target.startswith(redirect_uri):
                    return target
                answer = self._browser.get(target, allow_redirects=False, timeout=10)
                continue
            self.pages.append(answer.url)
            answer = self._submit(answer)
        raise PageError(f"The tenant did not return to the client after {MAX_PAGES} pages.")

    def _submit(self, page: requests.Response) -> requests.Response:
        reader = _FormReader()
        reader.feed(page.text)
        if page.status_code >= requests.codes.bad_request or reader.form is None:
            raise PageError(" ".join(reader.text[-6:]) or f"The tenant answered {page.status_code}.")
        content = {name: self._answers.get(name, value) for name, value in reader.form.fields.items()}
        content |= {name: value for name, value in reader.form.buttons if value == "allow"}
        return self._browser.post(
            page.url, data=content, headers={"Referer": page.url}, allow_redirects=False, timeout=10
        )
