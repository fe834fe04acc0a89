"""The tree of errors is the one that its docstring draws."""

import inspect
import re

import auricle.qwen_asr_client as library
from auricle.qwen_asr_client import errors
from auricle.qwen_asr_client.errors import RecognizerError

_LINE = re.compile(r"^( *)\* (\w+Error)", re.MULTILINE)


def drawn() -> dict[str, str]:
    """By class, the one above it."""
    assert errors.__doc__ is not None
    parents: dict[str, str] = {}
    above = ["Exception"]
    for indent, name in _LINE.findall(errors.__doc__):
        depth = len(indent) // 2
        del above[depth + 1 :]
        parents[name] = above[-1]
        above.append(name)
    return parents


def test_the_tree_of_errors_is_the_one_that_is_drawn() -> None:
    tree = {
        name: error.__base__.__name__
        for name, error in inspect.getmembers(errors, inspect.isclass)
        if issubclass(error, RecognizerError) and error.__base__ is not None
    }
    assert tree == drawn()


def test_whoever_imports_the_package_has_every_error() -> None:
    assert drawn().keys() <= set(library.__all__)
