"""Host names, and whether anybody knows their addresses."""

import ipaddress
import socket

from auricle.doctor.results import Result, Status
from auricle.qwen_asr_client.proxy import proxy_for

RECOGNIZER, BROKER = "recognizer name", "broker name"
OVERDUE = "no name server answers"
ADVICE = "is the network up? see /etc/resolv.conf, which names the name server"
_CLOUD = "is the network up? asr.region and asr.workspace make the name"


def recognizer_name(host: str, *, own: bool) -> Result:
    """Look up the recognizer's host, unless a proxy does.

    `own`: the host is named by `asr.url`, and not the cloud's.

    A name server that is away is waited for as long as the system waits.
    """
    if proxy_for(f"wss://[{host}]" if ":" in host else f"wss://{host}"):
        return Result(RECOGNIZER, Status.SKIPPED, f"a proxy looks {host} up")
    correct = "correct asr.url" if own else _CLOUD
    return _look_up(RECOGNIZER, host, correct)


def broker_name(host: str) -> Result:
    """Look up the broker's host.

    A name server that is away is waited for as long as the system waits.
    """
    return _look_up(BROKER, host, "correct mqtt.host")


def _look_up(name: str, host: str, advice: str) -> Result:
    if _is_address(host):
        return Result(name, Status.OK, f"{host} is an address already")
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno == socket.EAI_AGAIN:
            meaning = f"{OVERDUE} for {host}"
            return Result(name, Status.FAILED, meaning, ADVICE)
        return _unknown(name, host, advice)
    addresses = dict.fromkeys(str(address[0]) for *_, address in found)
    return Result(name, Status.OK, f"{host} is {', '.join(addresses)}")


def _unknown(name: str, host: str, advice: str) -> Result:
    if host.endswith(".local"):
        advice += ", or install libnss-mdns, which finds names that end in .local"
    return Result(name, Status.FAILED, f"nobody knows the address of {host}", advice)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
