# Debian and Python packages, for scripts/setup and scripts/install. To be sourced.
# shellcheck shell=bash disable=SC2034

# PyAudio has no wheel: it is compiled, against PortAudio.
BUILD_PACKAGES=(python3 python3-venv python3-dev gcc libc6-dev portaudio19-dev
  ca-certificates)

say() { echo "$(basename "$0"): $*"; }
fail() { echo "$0: $*" >&2 && exit 69; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# Install what is missing of these Debian packages.
debian_packages() {
  local missing=() package status
  for package; do
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || true
    [ "$status" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null ||
    fail "no apt-get: this is for Debian and Raspberry Pi OS"
  [ "$(id -u)" = 0 ] || command -v sudo >/dev/null ||
    fail "neither root nor sudo; as root: apt-get install ${missing[*]}"
  say "Debian packages: ${missing[*]}"
  apt_install "${missing[@]}"
  if [[ " ${missing[*]} " = *" mosquitto "* ]] && command -v systemctl >/dev/null; then
    as_root systemctl --quiet disable mosquitto
  fi
}

# A new mosquitto would start at once, and listen. One that is there is left alone.
# In a shell of its own, which cleans up when it ends, whatever its caller becomes.
apt_install() (
  policy=/usr/sbin/policy-rc.d
  if [ ! -e $policy ]; then
    trap 'as_root rm -f $policy' EXIT
    printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
    as_root chmod +x $policy
  fi
  apt=(apt-get -qq -y -o DPkg::Lock::Timeout=300)
  as_root "${apt[@]}" update
  as_root env DEBIAN_FRONTEND=noninteractive "${apt[@]}" install \
    --no-install-recommends "$@" >/dev/null ||
    fail "apt-get could not install them; its words are above"
)

# What an installation depends on; a moved one must be made anew.
fingerprint() {
  local venv=$1 lock=$2
  { "$PYTHON" --version && uname -m && realpath -m "$venv" &&
    cat requirements/build.txt "requirements/$lock.txt" pyproject.toml; } | sha256sum
}

# Whether VENV was made from LOCK as it is now.
up_to_date() {
  [ "$(cat "$1/made-from-$2" 2>/dev/null)" = "$(fingerprint "$1" "$2")" ]
}

mark_up_to_date() { fingerprint "$1" "$2" >"$1/made-from-$2"; }

# python_packages VENV LOCK: a virtual environment with what requirements/LOCK.txt says.
python_packages() {
  local venv=$1 lock=$2
  "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "$("$PYTHON" --version) is too old: auricle needs Python 3.11 or later"
  # One of another Python, or of another place, cannot be repaired.
  if [ "$("$venv/bin/python" --version 2>&1)" != "$("$PYTHON" --version)" ] ||
    ! [ "$(made_for "$venv")" -ef "$venv" ]; then
    say "a virtual environment in $venv"
    "$PYTHON" -m venv --clear "$venv"
  fi
  say "Python packages, some minutes on a new machine:"
  # The tools that build PyAudio and auricle are locked as well.
  pip_install "$venv" --require-hashes -r requirements/build.txt
  pip_install "$venv" --require-hashes -r "requirements/$lock.txt"
  echo
}

# The folder that VENV was made for. How it is written down differs from Python to Python.
made_for() (
  # shellcheck source=/dev/null
  source "$1/bin/activate" 2>/dev/null && echo "$VIRTUAL_ENV"
)

# pip_install VENV PIP-OPTION…: prints the names of what it collects.
pip_install() {
  "$1/bin/python" -m pip install --disable-pip-version-check --no-input \
    --no-build-isolation --progress-bar off "${@:2}" |
    while read -r word name _; do
      [ "$word" != Collecting ] || printf ' %s' "${name%%[=;]*}"
    done
}
