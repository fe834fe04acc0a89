"""`auricle config`: what is configured, and where it comes from."""

import argparse
import json
from typing import Any

from auricle.config_loading import default_file, load


def main(args: argparse.Namespace) -> int:
    path = args.config or default_file()
    settings = load(path)
    print(f"# from {path}" if path else "# no configuration file: defaults")
    print("# recognizer:", settings.asr.endpoint)
    for name, section in settings.model_dump(mode="json").items():
        print(f"\n[{name}]")
        for key, value in section.items():
            print(_line(key, value))
    return 0


def _line(key: str, value: Any) -> str:
    match value:
        case None:
            return f"# {key} is not set"
        case dict():
            entries = ", ".join(f"{k} = {json.dumps(v)}" for k, v in value.items())
            return f"{key} = {{{entries}}}"
        case _:
            # JSON's strings, numbers, booleans and lists are TOML's, too.
            return f"{key} = {json.dumps(value, ensure_ascii=False)}"
