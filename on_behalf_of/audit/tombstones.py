"""Signs and verifies tombstones, from which the chain can be verified after pruning."""

from on_behalf_of.audit.append_only import canonical_json, utc_text
from on_behalf_of.audit.models import Tombstone
from on_behalf_of.audit.seal_keys import PublicKeys, SealKey, is_signed


def signed(tombstone: Tombstone, key: SealKey) -> Tombstone:
    tombstone.key_id = key.id
    tombstone.signature = key.sign(_content(tombstone))
    return tombstone


def is_genuine(tombstone: Tombstone, keys: PublicKeys) -> bool:
    return is_signed(_content(tombstone), key_id=tombstone.key_id, signature=tombstone.signature, keys=keys)


def _content(tombstone: Tombstone) -> bytes:
    return canonical_json(
        {
            "tombstone": tombstone.through,
            "time": utc_text(tombstone.time),
            "before": utc_text(tombstone.before),
            "ends": tombstone.ends,
            "seal_digest": tombstone.seal_digest,
            "key_id": tombstone.key_id,
        }
    )
