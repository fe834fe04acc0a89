"""A Home Assistant that is set up: a house with a light, our blueprints, a broker.

Its other devices are those of tests/homeassistant/setup/custom_components.

What the onboarding would ask is answered in its storage files, in the formats of the
releases that the tests run.
"""

import base64
import hashlib
import hmac
import json
import secrets
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[3]
BLUEPRINTS = REPOSITORY / "homeassistant" / "blueprints"
SETUP = Path(__file__).parents[2] / "homeassistant" / "setup"
_LONG_AGO = "2026-01-01T00:00:00+00:00"
_A_YEAR = 365 * 24 * 3600


def write_config(
    directory: Path,
    version: str,
    http_port: int,
    broker_port: int,
    voice_port: int | None = None,
    lights: Sequence[str] = (),
) -> str:
    """Fill the configuration directory; the token that opens its API.

    `voice_port`: that of a text-to-speech server of the Wyoming protocol. `lights`:
    the names of further ones.
    """
    shutil.copytree(SETUP, directory)
    shutil.copytree(
        REPOSITORY / "custom_components",
        directory / "custom_components",
        dirs_exist_ok=True,
    )
    shutil.copytree(BLUEPRINTS, directory / "blueprints" / "automation" / "auricle")
    release = tuple(int(part) for part in version.split(".")[:2])
    if release < (2026, 7):
        # Later releases keep it in storage, and take YAML for a passing trial.
        with (directory / "configuration.yaml").open("a") as file:
            file.write(f"http:\n  server_host: 127.0.0.1\n  server_port: {http_port}\n")
    storage = directory / ".storage"
    storage.mkdir()
    _store(storage, "onboarding", {"done": _ONBOARDING}, 4)
    _store(storage, "http", _http(http_port), 3)
    home = _entry("test_home", "Test home", 1) | {"data": {"lights": list(lights)}}
    entries = [_mqtt(broker_port), home]
    if voice_port is not None:
        where = {"host": "127.0.0.1", "port": voice_port}
        entries.append(_entry("wyoming", "Voice", 1) | {"data": where})
    _store(storage, "core.config_entries", {"entries": entries}, 1, 5)
    auth, token = _auth(version)
    _store(storage, "auth", auth)
    return token


_ONBOARDING = ["user", "core_config", "analytics", "integration"]


def _store(
    storage: Path, key: str, data: dict[str, Any], version: int = 1, minor: int = 1
) -> None:
    document = {"version": version, "minor_version": minor, "key": key, "data": data}
    (storage / key).write_text(json.dumps(document))


def _http(port: int) -> dict[str, Any]:
    return {
        "stable": {
            "server_host": ["127.0.0.1"],
            "server_port": port,
            "cors_allowed_origins": [],
            "login_attempts_threshold": -1,
            "ip_ban_enabled": True,
            "use_x_frame_options": True,
            "ssl_profile": "intermediate_v6",
            "created_at": _LONG_AGO,
            "error": None,
            "error_message": None,
        },
        "pending": None,
        "yaml_migration_done": True,
    }


def _mqtt(broker_port: int) -> dict[str, Any]:
    return _entry("mqtt", "mosquitto", 2) | {
        "data": {"broker": "127.0.0.1", "port": broker_port, "protocol": "5"},
        "options": {"discovery": True, "discovery_prefix": "homeassistant"},
    }


def _entry(domain: str, title: str, version: int) -> dict[str, Any]:
    return {
        "entry_id": f"{domain}000000000000000000000001",
        "domain": domain,
        "title": title,
        "version": version,
        "minor_version": 1,
        "data": {},
        "options": {},
        "created_at": _LONG_AGO,
        "modified_at": _LONG_AGO,
        "source": "user",
        "unique_id": None,
        "disabled_by": None,
        "discovery_keys": {},
        "pref_disable_new_entities": False,
        "pref_disable_polling": False,
        "subentries": [],
    }


def _auth(version: str) -> tuple[dict[str, Any], str]:
    """One administrator with one long-lived token, and that token."""
    user, token_id, key = (secrets.token_hex(n) for n in (16, 16, 64))
    groups = ("system-admin", "system-users", "system-read-only")
    auth = {
        "users": [
            {
                "id": user,
                "group_ids": ["system-admin"],
                "name": "Tester",
                "is_owner": True,
                "is_active": True,
                "system_generated": False,
                "local_only": False,
            }
        ],
        "groups": [{"id": group, "name": group} for group in groups],
        "credentials": [],
        "refresh_tokens": [
            {
                "id": token_id,
                "user_id": user,
                "client_id": None,
                "client_name": "tests",
                "client_icon": None,
                "token_type": "long_lived_access_token",
                "created_at": _LONG_AGO,
                "access_token_expiration": float(_A_YEAR),
                "token": secrets.token_hex(64),
                "jwt_key": key,
                "last_used_at": None,
                "last_used_ip": None,
                "expire_at": None,
                "credential_id": None,
                "version": version,
            }
        ],
    }
    now = int(time.time())
    claims = {"iss": token_id, "iat": now, "exp": now + _A_YEAR}
    return auth, _jwt(claims, key)


def _jwt(claims: dict[str, Any], key: str) -> str:
    parts = [{"alg": "HS256", "typ": "JWT"}, claims]
    signed = ".".join(_base64(json.dumps(part).encode()) for part in parts)
    mac = hmac.new(key.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{_base64(mac)}"


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
