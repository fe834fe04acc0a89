#!/usr/bin/env bash
# Run a program beside a real Home Assistant, which is installed first where it is not.
#
#   tests/homeassistant/alone.sh program [arguments]
#   HA_SUITE=trixie tests/homeassistant/alone.sh ...      an older release; see install.sh
#
# All of it runs in a network of its own: Home Assistant looks for devices wherever it
# can, and nothing here is to leave the machine. HA_ROOT tells the program where it is.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/suite.sh"
"$here/install.sh"

# Multicast on the loopback device keeps its device discovery from failing to start.
exec unshare --net sh -c '
  ip link set lo up multicast on
  ip route add 224.0.0.0/4 dev lo
  exec "$@"' sh "$@"
