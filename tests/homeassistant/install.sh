#!/usr/bin/env bash
# Install a real Home Assistant into a Debian root of its own, once; about 3 minutes.
#
#   HA_SUITE=forky (default: 2026.11.0, Python 3.14) or trixie (2026.2.3, Python 3.13)
#   HA_HOME=/var/cache/auricle-homeassistant: where the roots are kept (1.2 GB each)
#
# Needs root, this machine's Debian mirror and Python's package index.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/suite.sh"

# What its integrations would otherwise install while booting, and what our tests want.
integrations=(mqtt conversation hassio tts demo assist_satellite intent media_source wyoming)
# An ffmpeg without a hundred Debian packages; the types of the integration.
tools=(imageio-ffmpeg mypy)
contents="$HA_VERSION ${integrations[*]} ${tools[*]}"
[ "$(cat "$HA_ROOT/contents" 2>/dev/null)" = "$contents" ] && exit 0
[ "$(id -u)" = 0 ] || { echo "installing Home Assistant needs root" >&2; exit 1; }

say() { printf '%(%H:%M:%S)T %s\n' -1 "$*" >&2; }

missing=()
for package in mosquitto debootstrap iproute2; do
  dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  say "apt-get install ${missing[*]}"
  # The package would start a broker of its own.
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod +x /usr/sbin/policy-rc.d
  fi
  apt-get -qq -o DPkg::Lock::Timeout=300 update
  DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=300 \
    install --no-install-recommends "${missing[@]}" >/dev/null
fi

if [ ! -x "$HA_ROOT/usr/bin/python$HA_PYTHON" ]; then
  say "debootstrap $HA_SUITE"
  mirror=$(apt-get indextargets --format '$(SITE)' "Created-By: Packages" |
    grep -m1 -E '/debian/?$')
  rm -rf "$HA_ROOT"
  mkdir -p "$HA_ROOT"
  # The script of sid fits every later suite; an older debootstrap knows only its own.
  debootstrap --variant=minbase --include="$HA_PACKAGES" \
    "$HA_SUITE" "$HA_ROOT" "$mirror" sid >"$HA_ROOT.log" 2>&1 ||
    { tail -5 "$HA_ROOT.log" >&2; exit 1; }
  rm -rf "$HA_ROOT"/var/cache/apt/archives/*.deb "$HA_ROOT"/var/lib/apt/lists/*
fi
mkdir -p "$HA_ROOT/config"
for file in /etc/resolv.conf /etc/hosts /etc/ssl/certs/ca-certificates.crt; do
  cp -L "$file" "$HA_ROOT$file"
done

inside() {
  chroot "$HA_ROOT" env -i PATH=/venv/bin:/usr/bin:/bin HOME=/root LANG=C.UTF-8 \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
    PIP_CERT=/etc/ssl/certs/ca-certificates.crt \
    UV_HTTP_TIMEOUT=180 UV_PYTHON_DOWNLOADS=never UV_NO_CACHE=1 "$@"
}
uv_install() { inside uv pip install -q --python /venv/bin/python "$@"; }

say "Home Assistant $HA_VERSION"
[ -x "$HA_ROOT/venv/bin/python" ] || inside "python$HA_PYTHON" -m venv /venv
inside pip install -q --disable-pip-version-check --no-cache-dir uv
uv_install "homeassistant==$HA_VERSION"
cp "$here/requirements.py" "$HA_ROOT/requirements.py"
inside python /requirements.py "${integrations[@]}" >"$HA_ROOT/requirements.txt"
uv_install --only-binary :all: --no-binary pyturbojpeg -r /requirements.txt \
  -c "/venv/lib/python$HA_PYTHON/site-packages/homeassistant/package_constraints.txt"
uv_install --only-binary :all: "${tools[@]}"
inside sh -c 'ln -sf "$(python -c "import imageio_ffmpeg as f; print(f.get_ffmpeg_exe())")" /venv/bin/ffmpeg'
echo "$HA_VERSION" >"$HA_ROOT/installed"
echo "$contents" >"$HA_ROOT/contents"
say "Home Assistant $HA_VERSION is in $HA_ROOT ($(du -sm "$HA_ROOT" | cut -f1) MB)"
