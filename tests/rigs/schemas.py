"""The schemas that we give to users, and whether what was published fits them."""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

FOLDER = Path(__file__).parents[2] / "homeassistant" / "schemas"
SCHEMA_OF = {
    "event/wake": "wake",
    "event/utterance": "utterance",
    "transcript/partial": "partial",
    "transcript/final": "transcript",
    "transcript/last": "transcript",
    "context": "context",
    "diag": "diag",
    "delivery": "delivery",
    "history": "history",
}
"""By topic, below the satellite's own."""
_TOPIC = re.compile(rf"auricle/[a-z0-9_]+/({'|'.join(SCHEMA_OF)})")


def complaints(topic: str, payload: str) -> list[str]:
    """What is wrong with a message; nothing is where no schema is for its topic."""
    known = _TOPIC.fullmatch(topic)
    if known is None or payload == "":
        return []
    validator = _validators()[SCHEMA_OF[known[1]]]
    return [
        f"{topic}: {error.message}"
        for error in validator.iter_errors(json.loads(payload))
    ]


@cache
def _validators() -> dict[str, Draft202012Validator]:
    schemas = {
        path.name.partition(".")[0]: json.loads(path.read_text())
        for path in FOLDER.glob("*.schema.json")
    }
    registry: Registry[bool | Mapping[str, Any]] = Registry().with_resources(
        (schema["$id"], Resource.from_contents(schema)) for schema in schemas.values()
    )
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    return {
        name: Draft202012Validator(schema, registry=registry)
        for name, schema in schemas.items()
    }
