#!/usr/bin/env bash
# The tests against a cluster of three RabbitMQ nodes, which is installed where it is not.
#
#   tests/cluster/run.sh [arguments of pytest]
#
# Needs root.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

# Without a path among the arguments, all of them.
[[ " $* " == *" $here"* || " $* " == *" tests/"* ]] || set -- "$here" "$@"
# Each of many satellites warns of what is done to it.
set -- --show-capture no "$@"
exec "$here/alone.sh" "${PYTEST:-$here/../../.venv/bin/pytest}" "$@"
