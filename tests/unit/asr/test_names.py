"""What both ends of the recognizer's connection call something, nobody else does."""

import ast
from collections import defaultdict
from pathlib import Path

import auricle

SOURCE = Path(auricle.__file__).parent
ENDS = {"asr", "qwen_asr", "recognizer"}


def test_no_class_of_either_end_shares_its_name() -> None:
    places = defaultdict(list)
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(path.relative_to(SOURCE))
    ours = {
        name: files
        for name, files in places.items()
        if any(file.parts[0] in ENDS for file in files)
    }
    assert ours
    assert {name: files for name, files in ours.items() if len(files) > 1} == {}
