"""The schemas that we give to users, and whether what was published fits them."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from paho.mqtt.client import topic_matches_sub
from referencing import Registry, Resource

from rigs.pages import ROOT, Page

FOLDER = ROOT / "homeassistant" / "schemas"


def _as_told() -> Iterator[tuple[str, str]]:
    """What the table in docs/mqtt.md says: a topic filter, and its schema."""
    table = Page(ROOT / "docs" / "mqtt.md").section("What the JSON holds")
    for topics, schema in re.findall(r"^\| (.*) \| \[(\w+)\]", table, re.MULTILINE):
        for topic in re.findall(r"`([^`]+)`", topics):
            whole = topic.startswith(("auricle/", "hermes/"))
            known = topic if whole else f"auricle/+/{topic}"
            yield re.sub("<[^>]+>", "+", known), schema


SCHEMA_OF = dict(_as_told())
"""By topic filter."""
FIRST_LINE = "play_set"
"""The schema of what is JSON in its first line only, and so has no topic in there."""


def complaints(topic: str, payload: str) -> list[str]:
    """What is wrong with a message; nothing is where no schema is for its topic."""
    return [
        f"{topic}: {error.message}"
        for schema in _schemas_of(topic)
        # An empty payload clears what was retained.
        if payload
        for error in _validators()[schema].iter_errors(json.loads(payload))
    ]


def fits_first_line(header: Mapping[str, Any]) -> bool:
    """Whether the schema takes what a message about a sound begins with."""
    return not [*_validators()[FIRST_LINE].iter_errors(header)]


@cache
def _schemas_of(topic: str) -> list[str]:
    return [
        name for known, name in SCHEMA_OF.items() if topic_matches_sub(known, topic)
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
