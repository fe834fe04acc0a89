"""`auricle recognizer`: speech recognition for the house."""

import argparse
import asyncio
import logging
import os
import signal
import stat
import sys
import time
from importlib.resources import as_file
from pathlib import Path

from auricle.assets.recordings import OKAY_NABU
from auricle.audio.files.recording import read_recording
from auricle.errors import ConfigError
from auricle.qwen_asr.address import fits_header
from auricle.recognizer.engines.dereverberation import DereverberatingEngine
from auricle.recognizer.engines.loading import load_engine, require_model
from auricle.recognizer.segmenter import VadSegmenter
from auricle.recognizer.server import RecognizerServer, ServerSettings, require_address
from auricle.system import heap, log
from auricle.system.redaction import OURS
from auricle.system.systemd import Notifier

logger = logging.getLogger(__name__)

_LARGEST_KEY_FILE = 64 * 1024


def main(args: argparse.Namespace) -> int:
    """Serve speech recognition until SIGTERM or Ctrl-C; return the exit code.

    Raises ConfigError for keys, certificates or models that cannot be used, and OSError
    for an address that cannot be used yet.
    """
    log.start("info")
    # For each sentence the model asks for hundreds of megabytes in large pieces.
    heap.keep_freed()
    api_keys = _api_keys(args.api_key_file)
    require_model(args.model)
    asyncio.run(require_address(args.host, args.port))
    print("loading the speech model …", file=sys.stderr, flush=True)
    started = time.monotonic()
    engine = load_engine(
        args.model,
        threads=args.threads,
        device=args.device,
        compute_type=args.compute_type,
        window=args.window,
        languages=args.languages,
    )
    if args.dereverberation:
        engine = DereverberatingEngine(engine)
    server = RecognizerServer(
        engine,
        VadSegmenter,
        ServerSettings(
            host=args.host,
            port=args.port,
            api_keys=api_keys,
            tls_cert=args.tls_cert,
            tls_key=args.tls_key,
            deadline=args.deadline,
            max_sessions=args.max_sessions,
        ),
    )
    # Loading takes more than is kept.
    heap.give_back()
    loaded = time.monotonic() - started
    return asyncio.run(_serve(server, f"{engine.name}, loaded in {loaded:.1f} s"))


async def _serve(server: RecognizerServer, model: str) -> int:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    with as_file(OKAY_NABU) as path:
        measured = await server.measure(read_recording(path))
    await server.start()
    if measured:
        logger.info(
            "a command takes %.2f s here: %d at once are served in time", *measured
        )
    else:
        logger.warning(
            "the model found no words in the sample that it is measured with: how fast "
            "it is here will be learned from what its clients say"
        )
    # Programs that start us wait for this line.
    print(f"serving on {server.url} ({model})", flush=True)
    systemd = Notifier()
    systemd.status(f"serving on {server.url}")
    systemd.ready()
    await stopped.wait()
    systemd.stopping()
    await server.aclose()
    return 0


def _api_keys(path: Path | None) -> list[str]:
    """One a line. Raises ConfigError."""
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    if path is None and credentials:
        path = Path(credentials) / "recognizer.api_key"
        if not _is_there(path):
            path = None
    if path is None:
        return []
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise ConfigError(f"{path}: is a directory")
        if mode & stat.S_IROTH:
            raise ConfigError(f"{path}: readable by everyone; run: chmod 0600 {path}")
        with path.open("rb") as file:
            lines = file.read(_LARGEST_KEY_FILE).decode("ascii").splitlines()
    except OSError as error:
        raise ConfigError(
            f"the file of API keys, {path}: {error.strerror or error}"
        ) from error
    except UnicodeDecodeError:
        raise ConfigError(
            f"{path}: holds no keys: they are ASCII, one a line"
        ) from None
    keys = [key for line in lines if (key := line.strip())]
    for number, line in enumerate(lines, 1):
        # Each word of a phrase would open: those that its owner never meant for keys.
        if not fits_header(line.strip()):
            raise ConfigError(
                f"{path}, line {number}: a key is one word, without white space inside"
            )
    if not keys:
        raise ConfigError(f"{path}: holds no key")
    OURS.keep(*keys)
    return keys


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        # Its folder may not be looked into: whoever reads it learns why.
        return True
