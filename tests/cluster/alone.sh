#!/usr/bin/env bash
# Run a program where a cluster of three RabbitMQ nodes can be started: in a network of
# its own, where the nodes' names are free, and which ends with it.
#
#   tests/cluster/alone.sh PROGRAM [ARGUMENTS…]
#
# CLUSTER_ROOT tells it where RabbitMQ is installed, which is done where it is not. Needs
# root.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export CLUSTER_ROOT=${CLUSTER_ROOT:-/var/cache/auricle-rabbitmq/trixie}
"$here/install.sh" >&2

exec unshare --net --pid --fork --kill-child --mount-proc sh -c 'ip link set lo up; "$@"' \
  sh "$@"
