#!/usr/bin/env bash
# The tests against a real Home Assistant.
#
#   tests/homeassistant/run.sh [arguments of pytest]
#   HA_SUITE=trixie tests/homeassistant/run.sh      an older release; see install.sh
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

# Without a path among the arguments, all of them.
if [[ " $* " != *" $here"* && " $* " != *" tests/"* ]]; then
  "$here/mocked.sh" -q
  set -- "$here" "$@"
fi
exec "$here/alone.sh" "${PYTEST:-$here/../../.venv/bin/pytest}" "$@"
