"""Every way in which a newcomer may fill in a blueprint.

Made from what Home Assistant says of its inputs: an input that somebody adds is tried
without a word here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rigs.homes.home_assistant import State

# What an input for actions is filled with: an event that tells of the run's variables.
FILLED_IN = "filled_in"
_VARIABLES = ("text", "emotion", "language", "turn", "answer")

Inputs = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Filling:
    """One blueprint and what is filled in."""

    blueprint: str
    """Its file's name."""
    how: str
    inputs: Mapping[str, Any]

    @property
    def name(self) -> str:
        return f"{self.blueprint} {self.how}"

    @property
    def automation(self) -> dict[str, Any]:
        use = {"path": f"auricle/{self.blueprint}", "input": self.inputs}
        return {"id": self.name, "alias": self.name, "use_blueprint": use}


def fillings(
    blueprint: str, inputs: Inputs, states: Mapping[str, State]
) -> Iterator[Filling]:
    """With what is required, with each optional input besides, and with all."""
    inputs = dict(_flat(inputs))
    values = {name: _value(inputs[name], states) for name in inputs}
    required = {n: v for n, v in values.items() if "default" not in inputs[n]}
    optional = values.keys() - required.keys()
    yield Filling(blueprint, "with what is required", required)
    for name in sorted(optional):
        yield Filling(blueprint, f"and {name}", {**required, name: values[name]})
    if len(optional) > 1:
        yield Filling(blueprint, "with everything", values)


def _flat(inputs: Inputs) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, described in inputs.items():
        if "input" in described:
            yield from _flat(described["input"])  # a section
        else:
            yield name, described


def _value(described: Mapping[str, Any], states: Mapping[str, State]) -> Any:
    """Something sensible, and never the default."""
    [(kind, options)] = described["selector"].items()
    options = options or {}
    default = described.get("default")
    match kind:
        case "entity":
            return _entity(described["name"], options, states)
        case "conversation_agent":
            return "conversation.remembering"
        case "trigger" if "default" in described:
            return [{"trigger": "event", "event_type": "nobody_does_this"}]
        case "trigger":
            return [{"trigger": "state", "entity_id": "input_button.doorbell"}]
        case "action":
            told = {name: f"{{{{ {name} | default(none) }}}}" for name in _VARIABLES}
            return [{"event": FILLED_IN, "event_data": told}]
        case "select" if options.get("multiple"):
            return options["options"]
        case "text" if options.get("multiple"):
            return default[:1] if default else ["some text"]
        case "text":
            return f"{default or 'some text'}/2"
        case "number":
            return options["max"]
        case "boolean":
            return not default
        case _:
            raise AssertionError(f"say here what to put into a selector of {kind}")


def _entity(
    name: str, options: Mapping[str, Any], states: Mapping[str, State]
) -> str | list[str]:
    """That of the same name, as somebody who reads would choose; else the last."""
    domains = {domain for each in options["filter"] for domain in each["domain"]}
    ids = sorted(entity for entity in states if entity.split(".")[0] in domains)
    assert ids, f"the house has no {' or '.join(sorted(domains))}"
    titles = {entity: states[entity]["attributes"]["friendly_name"] for entity in ids}
    named = [entity for entity in ids if titles[entity].endswith(f" {name}")]
    [*_, chosen] = named or ids
    return [chosen] if options.get("multiple") else chosen
