#!/usr/bin/env bash
# Unit tests of the integration, on the newest Home Assistant that
# pytest-homeassistant-custom-component has: no broker, no network, no pages.
#
#   tests/homeassistant/mocked.sh [arguments of pytest]
#   HA_SUITE=trixie tests/homeassistant/mocked.sh     an older release; see suite.sh
#
# It lives beside the real one, in its root, in an environment of its own.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/suite.sh"
"$here/install.sh"

environment=/venv-mocked
contents="$HA_MOCKED"
if [ "$(cat "$HA_ROOT$environment/contents" 2>/dev/null)" != "$contents" ]; then
  printf '%(%H:%M:%S)T pytest-homeassistant-custom-component %s\n' -1 "$HA_MOCKED" >&2
  # Without SKIP_CYTHON a package of Bluetooth wants a compiler.
  cp "$here/requirements.py" "$HA_ROOT/requirements.py"
  chroot "$HA_ROOT" env -i PATH=/venv/bin:/usr/bin:/bin HOME=/root LANG=C.UTF-8 \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt SKIP_CYTHON=1 \
    UV_HTTP_TIMEOUT=180 UV_PYTHON_DOWNLOADS=never UV_NO_CACHE=1 \
    sh -euc '
      rm -rf "$1"
      "python$3" -m venv --without-pip "$1"
      install="uv pip install -q --python $1/bin/python"
      $install "pytest-homeassistant-custom-component==$2"
      "$1/bin/python" /requirements.py mqtt conversation tts assist_satellite \
        intent media_source >"$1/requirements.txt"
      $install -r "$1/requirements.txt" -c \
        "$1/lib/python$3/site-packages/homeassistant/package_constraints.txt"
    ' sh "$environment" "$HA_MOCKED" "$HA_PYTHON"
  echo "$contents" >"$HA_ROOT$environment/contents"
fi

# Mounts and network end with the tests.
exec unshare --mount --net sh -euc '
  ip link set lo up
  mkdir -p "$1/opt/auricle"
  mount -t proc proc "$1/proc"
  mount --bind "$3" "$1/opt/auricle"
  root=$1 python=$2/bin/python
  shift 3
  exec chroot "$root" env -i PATH=/usr/bin:/bin HOME=/root LANG=C.UTF-8 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONPATH=/opt/auricle:/opt/auricle/tests:/opt/auricle/tests/homeassistant/setup/stand_ins \
    "$python" -m pytest -c /dev/null --rootdir /opt/auricle/tests/homeassistant/mocked \
    --confcutdir /opt/auricle/tests/homeassistant/mocked --import-mode importlib \
    -p no:cacheprovider -o asyncio_mode=auto \
    /opt/auricle/tests/homeassistant/mocked "$@"
' sh "$HA_ROOT" "$environment" "$(cd "$here/../.." && pwd)" "$@"
