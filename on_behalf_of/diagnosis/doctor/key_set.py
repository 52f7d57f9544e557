from collections import Counter

from on_behalf_of.diagnosis.doctor.finding import Findings, not_checked, ok, problem, warning
from on_behalf_of.diagnosis.doctor.identifiers import shown
from on_behalf_of.http_client.http_client import UpstreamError, UpstreamHttp
from on_behalf_of.resource_server.issuer_metadata import IssuerMetadata
from on_behalf_of.resource_server.json_web_key_set import Unusable, public_key, usable_keys
from on_behalf_of.resource_server.published_keys import fetch_key_set

CHECK = "keys"
REMEDIES = {
    Unusable.KIND: "Have the tenant sign the access tokens of both APIs with RS256.",
    Unusable.NAME: "Have the tenant publish each key with a kid (RFC 7517 §4.5).",
    Unusable.PURPOSE: "Have the tenant publish an RSA key with use sig and alg RS256, or without both.",
    Unusable.PRIVATE: "Replace that key at once: anyone can sign with it.",
    Unusable.LENGTH: "Have the tenant sign with an RSA key of 2048 bits or more (RFC 7518 §3.3).",
    Unusable.NUMBERS: "Have the tenant publish the key as RFC 7518 §6.3.1 describes.",
}
EXPECTED = {Unusable.KIND, Unusable.PURPOSE}  # not reported beside good keys: they serve other purposes


def key_set(metadata: IssuerMetadata | None, http: UpstreamHttp) -> Findings[bool]:
    """Find out whether the tenant publishes keys that can verify its tokens."""
    if metadata is None:
        yield not_checked(CHECK, "No metadata says where they are.")
        return False
    try:
        document = fetch_key_set(metadata, http)
    except UpstreamError as error:
        yield problem(CHECK, str(error), "Have the tenant serve its keys at the jwks_uri of its metadata.")
        return False
    published = document.get("keys")
    entries = published if isinstance(published, list) else []
    judged = [public_key(entry) for entry in entries]
    why = Counter(each for each in judged if isinstance(each, Unusable))
    usable = usable_keys(document)
    reasons = "; ".join(f"{number} because {each}" for each, number in why.items())
    if not usable:
        told = f"no key that verifies RS256 signatures: {reasons}" if why else "no keys"
        remedy = REMEDIES[why.most_common(1)[0][0]] if why else "Have the tenant publish its signing keys."
        if len(judged) > why.total():
            told, remedy = "keys that share one kid", "Have the tenant give each key its own kid."
        yield problem(CHECK, f"The tenant publishes {told}.", remedy)
        return False
    names = ", ".join(shown(each) for each in sorted(usable)[:5])
    yield ok(
        CHECK,
        f"{len(usable)} of {len(entries)} keys verify RS256 signatures: {names}.",
    )
    for each in why.keys() - EXPECTED:
        yield warning(CHECK, f"A key is ignored because {each}; tokens signed with it are refused.", REMEDIES[each])
    return True
