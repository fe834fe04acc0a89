#!/usr/bin/env bash
# Install RabbitMQ 4 into a Debian 13 of its own, once; about a minute.
#
#   CLUSTER_ROOT=/var/cache/auricle-rabbitmq/trixie: where it is kept (0.4 GB)
#
# Needs root, debootstrap, and this machine's Debian mirror.
set -euo pipefail
: "${CLUSTER_ROOT:?}"
[ -e "$CLUSTER_ROOT/installed" ] && exit 0
[ "$(id -u)" = 0 ] || { echo "installing RabbitMQ needs root" >&2; exit 1; }
for program in debootstrap unshare ip; do
  command -v "$program" >/dev/null ||
    { echo "missing: apt install debootstrap util-linux iproute2" >&2; exit 1; }
done

echo "debootstrap trixie with rabbitmq-server" >&2
mirror=$(apt-get indextargets --format '$(SITE)' "Created-By: Packages" |
  grep -m1 -E '/debian/?$')
rm -rf "$CLUSTER_ROOT"
mkdir -p "$CLUSTER_ROOT"
# The script of sid fits every later suite; an older debootstrap knows only its own.
debootstrap --variant=minbase --include=rabbitmq-server \
  trixie "$CLUSTER_ROOT" "$mirror" sid >"$CLUSTER_ROOT.log" 2>&1 ||
  { tail -5 "$CLUSTER_ROOT.log" >&2; exit 1; }
rm -rf "$CLUSTER_ROOT"/var/cache/apt/archives/*.deb "$CLUSTER_ROOT"/var/lib/apt/lists/*
echo 127.0.0.1 localhost >"$CLUSTER_ROOT/etc/hosts"
chroot "$CLUSTER_ROOT" dpkg-query -W -f '${Version}\n' rabbitmq-server \
  >"$CLUSTER_ROOT/installed"
