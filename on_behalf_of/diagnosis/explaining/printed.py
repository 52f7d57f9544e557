from collections.abc import Iterator

from on_behalf_of.diagnosis.explaining.report import Report
from on_behalf_of.resource_server.explanation import State

MARKS = {State.PASSED: "ok", State.FAILED: "FAILED", State.NOT_REACHED: "-", State.CANNOT_TELL: "?"}
SIGNED, UNSIGNED = "signed by the issuer", "not verified: anyone could have written it"


def printed(report: Report) -> Iterator[str]:
    """Yield the report as lines for a terminal."""
    yield report.verdict
    if report.remedy:
        yield f"  {report.remedy}"
    yield from report.notes
    yield "\nThe checks, in the order in which they are made (ok, FAILED, - not reached, ? cannot tell)"
    for finding in report.findings:
        code = f" [{finding.reason}{': ' if finding.about else ''}{finding.about}]" if finding.reason else ""
        yield f"  {MARKS[finding.state]:6} {finding.title}{code}"
        if finding.remedy and finding.remedy != report.remedy:
            yield f"         {finding.remedy}"
    if report.claims or report.header:
        yield f"\nWhat it says ({SIGNED if report.is_signed else UNSIGNED})"
        yield from _table(report.header)
        yield ""
        yield from _table(report.claims)
    if report.times:
        yield "\nTimes"
        yield from _table(report.times)
    if report.chain:
        yield "\nWho acts for whom"
        yield from _table(report.chain)
    if report.calls:
        yield "\nWhat may be called with it"
        yield from _table(
            tuple((call.name, "yes" if call.is_allowed else f"no: {call.why_not}") for call in report.calls)
        )


def _table(rows: tuple[tuple[str, str], ...]) -> Iterator[str]:
    width = min(40, max((len(name) for name, _ in rows), default=0))
    for name, value in rows:
        yield f"  {name:{width}}  {value}"
