"""`auricle doctor`: what is wrong, and what to do about it."""

import argparse
import logging
from collections.abc import Iterator
from pathlib import Path

from auricle.app import build
from auricle.cli.level_meter import LevelMeter
from auricle.config.loading import (
    SYSTEM_FILE,
    default_file,
    doubts,
    load,
    secret_origins,
)
from auricle.config.mistakes import Mistakes
from auricle.config.settings import Settings
from auricle.config.sources import overriding
from auricle.doctor import closed_files, configuration, microphone, service
from auricle.doctor.all_checks import Examination, without_settings
from auricle.doctor.checks import run_checks
from auricle.doctor.results import Result, all_well, as_json, as_lines, tally
from auricle.errors import ConfigError
from auricle.system.redaction import OURS


def main(args: argparse.Namespace) -> int:
    """Run all checks and print what they find; return 1 where something is wrong."""
    # Its findings are all that it says.
    logging.getLogger().addHandler(logging.NullHandler())
    doctor = _Doctor(args.config or default_file(), echo=args.echo)
    if args.json:
        results = list(doctor.told())
        print(as_json(results))
        return 0 if all_well(results) else 1
    results = []
    for result in doctor.told():
        doctor.meter.erase()
        results.append(result)
        print("\n".join(as_lines(result)), flush=True)
    print(tally(results))
    return 0 if all_well(results) else 1


class _Doctor:
    def __init__(self, path: Path | None, *, echo: bool) -> None:
        self.meter = LevelMeter()
        self._path = path
        self._echo = echo

    def told(self) -> Iterator[Result]:
        """What is found, without secrets."""
        for result in self._results():
            yield result.redacted(OURS.redacted)

    def _results(self) -> Iterator[Result]:
        unit = service.find_installed()
        of_service = unit if self._path == SYSTEM_FILE else None
        try:
            with service.folders_of(of_service) as (folders, withheld):
                settings = load(self._path, folders=folders)
                origins = secret_origins(self._path, folders)
        except ConfigError as error:
            yield configuration.refused(str(error))
            yield from run_checks(without_settings(unit))
            return
        yield self._configuration(settings, of_service)
        yield configuration.secrets(origins, withheld)
        examination = Examination(
            settings, unit, withheld, self.meter.take, echo=self._echo
        )
        yield from run_checks(examination.checks(), self._waiting)

    def _waiting(self, name: str) -> None:
        if name == microphone.NAME:
            self.meter.show()

    def _configuration(
        self, settings: Settings, of_service: service.Service | None
    ) -> Result:
        """Judge the configuration, with what no other check looks at."""
        mistakes = Mistakes()
        with mistakes.noted():
            build.feedback_sounds(settings.feedback)
        with mistakes.noted():
            build.budget(settings)
        try:
            mistakes.raise_any()
        except ConfigError as error:
            return configuration.refused(str(error))
        if closed := closed_files.closed_files(of_service, self._path, settings):
            return closed_files.judge(closed)
        return configuration.accepted(self._path, overriding(), doubts(settings))
