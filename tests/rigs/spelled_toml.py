"""Settings in whatever spelling TOML has for them."""

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from auricle.config.toml import toml

Sections = Mapping[str, Mapping[str, Any]]

_NOISE = (
    *("", "", "", "# [mqtt]", "  # host = 1", '# name = "a"', "#pins = [", "\t# '''"),
)
_ENDINGS = ("", "", " ", "\t# why", ' # = "a" [mqtt]')


@st.composite
def spelled(draw: DrawFn, sections: Sections) -> str:
    """These settings as somebody might write them, with comments."""
    above: list[str] = []
    below: list[str] = []
    for section, values in sections.items():
        match draw(st.sampled_from(["header", "header", "dotted", "inline"])):
            case "dotted":
                for key, value in values.items():
                    name = f"{draw(_name(section))}{draw(_gap())}.{draw(_name(key))}"
                    above += draw(_statement(name, value))
            case "inline":
                entries = ", ".join(
                    f"{draw(_name(key))} = {draw(_value(value))}"
                    for key, value in values.items()
                )
                above.append(f"{draw(_name(section))} = {{ {entries} }}")
            case _:
                name = f"{draw(_gap())}{draw(_name(section))}{draw(_gap())}"
                indent, ending = draw(_gap()), draw(st.sampled_from(_ENDINGS))
                below.append(f"{indent}[{name}]{ending}")
                tables = []
                for key, value in values.items():
                    if isinstance(value, dict) and draw(st.booleans()):
                        tables.append(f"[{name}.{draw(_name(key))}]")
                        for entry, of_it in value.items():
                            tables += draw(_statement(toml(entry), of_it))
                    else:
                        below += draw(_statement(draw(_name(key)), value))
                below += tables
    return "\n".join([*above, *below, draw(st.sampled_from(["", "#"]))])


def _gap() -> st.SearchStrategy[str]:
    return st.sampled_from(["", "", " ", "\t", "  "])


def _name(name: str) -> st.SearchStrategy[str]:
    return st.sampled_from([name, name, f'"{name}"', f"'{name}'"])


@st.composite
def _statement(draw: DrawFn, name: str, value: object) -> list[str]:
    gap, ending = draw(_gap()), draw(st.sampled_from(_ENDINGS))
    statement = f"{draw(_gap())}{name}{gap}={gap}{draw(_value(value))}{ending}"
    return [draw(st.sampled_from(_NOISE)), statement]


@st.composite
def _value(draw: DrawFn, value: object) -> str:
    match value:
        case str():
            return draw(_text(value))
        case list():
            parts = [draw(_value(each)) for each in value]
            if draw(st.booleans()):
                return f"[{', '.join(parts)}]"
            lines = "".join(f"\n  {part}, # [mqtt]" for part in parts)
            return f"[{lines}\n]"
        case float():
            return repr(value)
    return toml(value)


@st.composite
def _text(draw: DrawFn, text: str) -> str:
    shown = all(character.isprintable() for character in text)
    spellings = [toml(text)]
    if shown and "'" not in text:
        spellings += [f"'{text}'", f"'''{text}'''", f"'''\n{text}'''"]
    lines = toml(text)[1:-1].replace(f"\\U{10:08x}", "\n")
    spellings.append(f'"""\n{lines}"""')
    return draw(st.sampled_from(spellings))
