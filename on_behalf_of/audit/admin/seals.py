"""Describe the state of a row's seal and of the whole log, in sentences for the admin."""

from dataclasses import dataclass

from django.utils.timesince import timesince

from on_behalf_of.audit.models import DelegatedAccess, Verification
from on_behalf_of.audit.state import MAX_COUNTED, RowVerdict, SealingState, seal_of, sealing_state, verify_row

NO_BREAK = "\N{NO-BREAK SPACE}"
MAX_LAG = 30  # seconds; a row should be sealed after five

SENTENCES = {
    RowVerdict.INTACT: ("intact", "The row is exactly what was sealed, and the seal's signature is valid."),
    RowVerdict.UNSEALED: ("unsealed", "The row matches its own digest. It is sealed within seconds of the call."),
    RowVerdict.CHANGED: ("changed", "The row is not what was written: it was changed in the database."),
    RowVerdict.MISSING: ("changed", "The seal over this position does not list the row: it was inserted later."),
    RowVerdict.SEAL_FORGED: ("changed", "The signature of the seal over this row is not valid."),
    RowVerdict.UNVERIFIABLE: ("unknown", "The public keys that verify seals cannot be read here."),
}


@dataclass(frozen=True)
class Finding:
    """`kind` is intact, unsealed, changed or unknown, for the style sheet; the rest is for people."""

    kind: str
    word: str
    sentence: str
    facts: tuple[tuple[str, str], ...] = ()


def verdict(row: DelegatedAccess) -> Finding:
    """Return whether the row verifies now, with its own seal. Not checked: the chain, which audit_verify does."""
    found = verify_row(row)
    kind, sentence = SENTENCES[found]
    facts = [("Digest of the row", row.digest)]
    if seal := seal_of(row):
        facts += [
            ("Seal", f"number {seal.number}, over {seal.count} rows"),
            ("Sealed at", f"{seal.time:%Y-%m-%d %H:%M:%S} UTC"),
            ("Signed with key", seal.key_id),
            ("Digest of the seal", seal.digest),
        ]
    return Finding(kind, found.value.partition(":")[0], sentence, tuple(facts))


def summary() -> Finding:
    state = sealing_state()
    kind, word, sentence = _judged(state)
    waiting = f"{state.unsealed_rows} or more" if state.unsealed_rows >= MAX_COUNTED else str(state.unsealed_rows)
    last_sealed, last_verified = state.last_sealed_at, state.last_verified_at
    return Finding(
        kind,
        word,
        sentence,
        (
            (
                "Last sealed",
                f"{last_sealed:%Y-%m-%d %H:%M:%S} UTC ({timesince(last_sealed).replace(NO_BREAK, ' ')} ago)"
                if last_sealed
                else "never",
            ),
            ("Rows sealed", f"{state.sealed_rows:,}"),
            ("Rows waiting", f"{waiting}, the oldest for {state.lag_seconds:.0f} s" if state.unsealed_rows else "none"),
            (
                "Last verified",
                f"{last_verified:%Y-%m-%d %H:%M:%S} UTC: {state.last_verdict}" if last_verified else "never",
            ),
            *([("Found", state.last_finding)] if state.last_finding else []),
            ("Triggers", "in place" if state.triggers_ok else "missing, or changed"),
        ),
    )


def _judged(state: SealingState) -> tuple[str, str, str]:
    """Return the worst finding, in one word and one sentence."""
    if state.last_verdict == Verification.Verdict.BROKEN:
        return "changed", "broken", "The last verification found that the log was changed."
    if not state.triggers_ok:
        return "changed", "unprotected", "Some of the triggers that protect rows from changes are missing."
    if state.lag_seconds > MAX_LAG:
        return "unsealed", "late", "Rows are waiting to be sealed: check that a service or audit_seal is running."
    if not state.last_sealed_at:
        return "unknown", "none", "Nothing has been sealed yet."
    return "intact", "in order", "Rows are sealed as they come, and no problem is known."
