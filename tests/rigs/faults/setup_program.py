"""What `auricle setup` writes, again and again; run as a program, in its directory."""

import sys
import tomllib
from pathlib import Path

from auricle.setup import secret_store, settings_file
from rigs.faults.marks import Kept, Marks

CONFIG, SECRET = "config.toml", "mqtt.password"


def kept_in(directory: Path) -> Kept:
    """What the next start finds."""
    found: Kept = {}
    config, secret = directory / CONFIG, secret_store.path_of(directory, SECRET)
    if config.exists():
        found["name"] = tomllib.loads(config.read_text())["satellite"]["name"]
    if secret.exists():
        found[SECRET] = secret.read_text()
    return found


def work(directory: Path) -> None:
    marks, kept = Marks(directory), Kept()
    for number in range(20):
        name = "x" * 100 * number + "."
        kept = kept | {"name": name}
        with (
            marks.keeping(kept),
            settings_file.changed(
                *(directory / CONFIG, {"satellite.name": name}, "# mine\n"),
                private=False,
            ),
        ):
            pass
        kept = kept | {SECRET: name}
        with marks.keeping(kept):
            secret_store.keep(directory, SECRET, name)


if __name__ == "__main__":
    work(Path(sys.argv[1]))
