#!/usr/bin/env bash
# The tests against a cluster of three RabbitMQ nodes, which is installed where it is not.
#
#   tests/cluster/run.sh [arguments of pytest]
#
# Needs root. All of it runs in a network of its own, where the nodes' names are free, and
# ends with it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export CLUSTER_ROOT=${CLUSTER_ROOT:-/var/cache/auricle-rabbitmq/trixie}
"$here/install.sh"

# Without a path among the arguments, all of them.
[[ " $* " == *" $here"* || " $* " == *" tests/"* ]] || set -- "$here" "$@"
# Each of many satellites warns of what is done to it.
set -- --show-capture no "$@"
exec unshare --net --pid --fork --kill-child --mount-proc sh -c 'ip link set lo up; "$@"' \
  sh "${PYTEST:-$here/../../.venv/bin/pytest}" "$@"
