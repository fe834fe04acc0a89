"""What is asked of PortAudio behind PyAudio's back, of a library that keeps count."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rigs.faults.preload import shared_library

# As portaudio.h has it, but for what stands in `version`; one device, number 0.
_LIBRARY = """
typedef struct {
  int version; const char *name; int api, inputs, outputs; double low, rest[4];
} Info;
static Info info = {VERSION, "a microphone", 0, 1, 0, 0.0087, {1, 2, 3, 4}};
static int periods;
const Info *Pa_GetDeviceInfo(int index) { return index ? 0 : &info; }
int PaAlsa_SetNumPeriods(int count) { periods = count; return 0; }
int asked_for(void) { return periods; }
double latency(void) { return info.low; }
"""
_PROGRAM = """
import ctypes, json, logging, sys
from auricle.audio.devices.sound_libraries import ask_for_a_large_buffer

logging.basicConfig(level="DEBUG", format="%(levelname)s %(message)s")
library = ctypes.CDLL(sys.argv[1])
library.latency.restype = ctypes.c_double
ask_for_a_large_buffer(int(sys.argv[2]))
print(json.dumps({"periods": library.asked_for(), "latency": library.latency()}))
"""


def asked(folder: Path, version: int, device: int = 0) -> tuple[dict[str, Any], str]:
    """What such a PortAudio was asked for, and what was logged."""
    library = shared_library(
        *(folder, "portaudio", _LIBRARY),
        *(f"-DVERSION={version}", "-Wl,-soname,libportaudio.so.2"),
    )
    program = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(library), str(device)],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return json.loads(program.stdout), program.stderr


def test_a_device_is_asked_to_keep_half_a_second_of_sound(tmp_path: Path) -> None:
    found, logged = asked(tmp_path, version=2)

    assert found == {"periods": 17, "latency": pytest.approx(0.48)}
    assert logged == ""


@pytest.mark.parametrize("version", [1, 3])
def test_a_portaudio_that_describes_devices_otherwise_is_left_alone(
    tmp_path: Path, version: int
) -> None:
    found, logged = asked(tmp_path, version)

    assert found == {"periods": 0, "latency": pytest.approx(0.0087)}
    assert logged.startswith("DEBUG ")
    assert f"of version {version}, not 2" in logged


def test_a_device_that_is_gone_by_now_is_asked_for_nothing(tmp_path: Path) -> None:
    found, logged = asked(tmp_path, version=2, device=7)

    assert found["periods"] == 0
    assert "no device 7" in logged
