"""Print what the integrations of a plain Home Assistant require; run by its Python.

python requirements.py DOMAIN...: these, the ones it always sets up, and all that
they depend on.
"""

import importlib
import json
import sys
from pathlib import Path

bootstrap = importlib.import_module("homeassistant.bootstrap")
COMPONENTS = Path(str(bootstrap.__file__)).parent / "components"
# No wheels for these Pythons; they serve microphones of Home Assistant's own.
WITHOUT_WHEELS = ("pymicro-vad==", "pyspeex-noise==")

todo = {
    *bootstrap.CORE_INTEGRATIONS,
    *bootstrap.DEFAULT_INTEGRATIONS,
    *("api", "http", "history", "isal", "network", "system_log"),
    *sys.argv[1:],
}
done: set[str] = set()
requirements: set[str] = set()
while todo:
    domain = todo.pop()
    manifest = COMPONENTS / domain / "manifest.json"
    if domain in done or not manifest.exists():
        continue
    done.add(domain)
    facts = json.loads(manifest.read_text())
    todo.update(facts.get("dependencies", []))
    requirements.update(facts.get("requirements", []))
sys.stdout.writelines(
    f"{requirement}\n"
    for requirement in sorted(requirements)
    if not requirement.startswith(WITHOUT_WHEELS)
)
