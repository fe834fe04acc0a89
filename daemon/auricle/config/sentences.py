"""What each setting is, in the words that stand below it in the code.

Pydantic would gather them at every start, by parsing that code, which is a tenth of
what a command needs to begin. Whoever writes about the settings asks for them here.
"""

import ast
import inspect
import itertools

from auricle.config.sections import Section


def sentences(section: type[Section]) -> dict[str, str]:
    """Return the sentence of each key of a section that has one."""
    [definition] = ast.parse(inspect.getsource(section)).body
    assert isinstance(definition, ast.ClassDef)
    found = {}
    for statements in itertools.pairwise(definition.body):
        match statements:
            case (
                ast.AnnAssign(target=ast.Name(id=key)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                found[key] = inspect.cleandoc(text)
    return found
