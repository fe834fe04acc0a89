"""Whatever a person might write, made of the schema of the settings themselves.

A new key is in it by itself, and every text is tried where text is taken.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from auricle.config.settings import Settings

Schema = Mapping[str, Any]

TEXTS = (
    *("", " ", "\n", "\0", "a\nb", "a\r\nX-Injected: 1", "\x7f", "\x1b[2J", "\ud800"),
    *("é", "😀", "\u202e", "9" * 5000, "x" * 64, "x" * 65, "x" * 70_000),
    *("-1", "1e999", "nan", "true", "null", "[]", "{}", "[", "%s", "{0}", "${HOME}"),
    *("/", "a/", "/a", "a//b", "a/b", "home/assistant", "+", "#", "$SYS", "..", "~"),
    *("a:1883", "a:0", "a:x", "[::1]", "[::1]:1883", "::1", "a..b", "a b", "u:p@a"),
    *("mqtt://a", "mqtts://a", "mqtt://u:p@a", "://", "wss://a", "wss://a b"),
    *("ws://127.0.0.1:9", "wss://a..b", "wss://a/\n", "wss://a:99999", "ws://a"),
    *("wss://dashscope-intl.aliyuncs.com", "llm-1a2b", "a.b"),
    *(
        "https://a/b",
        "https://a:0",
        "http://a",
        "http://[::1]/",
        "https://[/",
        "file:/x",
    ),
    *("default", "okay_nabu", "alexa", "okay_nabu.json", ".json", "off.json", "EUR"),
    *("auto", "de", "study", "/dev/null", "/nowhere/at/all", "/root/x"),
)


@cache
def schemas() -> Mapping[str, Schema]:
    """Every setting by its name, such as `mqtt.host`."""
    return MappingProxyType(dict(_schemas()))


def _schemas() -> Iterator[tuple[str, Schema]]:
    whole = Settings.model_json_schema()
    for section, reference in whole["properties"].items():
        definition = whole["$defs"][reference["$ref"].rpartition("/")[2]]
        for key, schema in definition["properties"].items():
            yield f"{section}.{key}", _resolved(schema, whole["$defs"])


def _resolved(schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    if "$ref" in schema:
        return definitions[schema["$ref"].rpartition("/")[2]]
    return schema


def values(schema: Schema, texts: Sequence[str] = TEXTS) -> SearchStrategy[Any]:
    """What the schema takes, and some of what it does not."""
    match schema:
        case {"enum": choices}:
            return st.sampled_from(choices)
        case {"anyOf": branches}:
            return st.one_of(*(values(branch, texts) for branch in branches))
        case {"type": "string"}:
            return st.sampled_from(texts) | st.text(max_size=80)
        case {"type": "boolean"}:
            return st.booleans()
        case {"type": "integer"}:
            return _numbers(schema, st.integers())
        case {"type": "number"}:
            return _numbers(schema, st.floats())
        case {"type": "array"}:
            return st.lists(values(schema["items"], texts), max_size=10)
        case {"type": "object"}:
            names = st.sampled_from(texts)
            entries = values(schema["additionalProperties"], texts)
            return st.dictionaries(names, entries, max_size=3)
        case {"type": "null"}:
            return st.nothing()
    raise AssertionError(f"nobody knows how to make {schema}")


def _numbers(schema: Schema, wild: SearchStrategy[Any]) -> SearchStrategy[Any]:
    lowest = schema.get("minimum", schema.get("exclusiveMinimum", 0))
    highest = schema.get("maximum", schema.get("exclusiveMaximum", lowest + 10**6))
    ends = st.sampled_from([lowest, highest, 10**400, True])
    if schema["type"] == "integer":
        return st.integers(lowest, highest) | ends | wild
    return st.floats(lowest, highest) | ends | wild


@cache
def options(texts: tuple[str, ...] = TEXTS) -> SearchStrategy[dict[str, Any]]:
    """A few keys at a time: one that is refused refuses them all."""
    known = {name: values(schema, texts) for name, schema in schemas().items()}
    return st.lists(st.sampled_from(sorted(known)), max_size=4, unique=True).flatmap(
        lambda names: st.fixed_dictionaries({name: known[name] for name in names})
    )


def single_values(schema: Schema, texts: Sequence[str] = TEXTS) -> Iterator[Any]:
    """Each text wherever the schema takes one, the ends of its range and its choices;
    and a value of every type that it does not take.
    """
    yield from (0, -1, 1.5, True, 10**400, float("inf"), float("nan"), "x", [], {})
    yield from ([[]], [1], {"x": []}, {"x": "x"}, {"x": {}})
    for branch in schema.get("anyOf", [schema]):
        match branch:
            case {"enum": choices}:
                yield from choices
            case {"type": "integer" | "number"}:
                ends = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
                yield from (branch[end] for end in ends if end in branch)
            case {"type": "string"}:
                yield from texts
            case {"type": "array"}:
                yield from ([text] for text in texts)
                yield list(texts)
            case {"type": "object", "additionalProperties": {"type": "array"}}:
                yield from ({text: [text]} for text in texts)
            case {"type": "object"}:
                yield from ({text: 0.5} for text in texts)
