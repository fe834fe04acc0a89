"""What two parts of the daemon need stands in one module, which both use."""

from pathlib import Path

import pytest

import auricle

PACKAGE = Path(auricle.__file__).parent


@pytest.mark.parametrize(
    ("sign", "home"),
    [
        ("PROTOCOL_TLS_CLIENT", "system/tls.py"),
        ("create_default_context()", "system/tls.py"),
        ("setsockopt(", "system/tcp.py"),
        ("call_soon_threadsafe(", "system/threads.py"),
        ("0x202A", "text.py"),
        ("REPLACEMENT CHARACTER", "text.py"),
        ('"disgusted"', "qwen_asr/events.py"),
        ("rror committing input audio", "qwen_asr/events.py"),
        ('"silence_duration_ms": vad.', "qwen_asr/encoding.py"),
        ("logging.Logger(", "system/log.py"),
        ('separators=(",", ":")', "mqtt/link/message.py"),
        ("/proc/sys/kernel/random/boot_id", "system/clock.py"),
    ],
)
def test_a_decision_of_both_ends_has_one_home(sign: str, home: str) -> None:
    found = [
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if sign in path.read_text()
    ]
    assert found == [home]
