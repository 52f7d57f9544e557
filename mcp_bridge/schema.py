from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]  # JSON Schema 2020-12 with `type: object` at its root
