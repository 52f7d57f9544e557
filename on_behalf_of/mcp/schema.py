from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]  # JSON Schema 2020-12 with `type: object` at its root

NO_ARGUMENTS: Schema = {"type": "object", "properties": {}, "additionalProperties": False}
ANY_OBJECT: Schema = {"type": "object"}
