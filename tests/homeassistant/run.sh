#!/usr/bin/env bash
# The tests against a real Home Assistant, which is installed first where it is not.
#
#   tests/homeassistant/run.sh [arguments of pytest]
#   HA_SUITE=trixie tests/homeassistant/run.sh      an older release; see install.sh
#
# All of it runs in a network of its own: Home Assistant looks for devices wherever it
# can, and nothing here is to leave the machine.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/suite.sh"
"$here/install.sh"

# Without a path among the arguments, all of them.
[[ " $* " == *" $here"* || " $* " == *" tests/"* ]] || set -- "$here" "$@"
pytest=${PYTEST:-$here/../../.venv/bin/pytest}
# Multicast on the loopback device keeps its device discovery from failing to start.
exec unshare --net sh -c '
  ip link set lo up multicast on
  ip route add 224.0.0.0/4 dev lo
  exec "$@"' sh "$pytest" "$@"
