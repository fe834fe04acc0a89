# Which Home Assistant, and where it is kept. To be sourced.

HA_SUITE=${HA_SUITE:-forky}
case $HA_SUITE in
  forky)
    HA_PYTHON=3.14 HA_VERSION=${HA_VERSION:-2026.11.0}
    HA_MOCKED=0.13.375 # with 2026.10.4
    compiler=
    ;;
  trixie)
    HA_PYTHON=3.13 HA_VERSION=${HA_VERSION:-2026.2.3}
    HA_MOCKED=0.13.316 # with 2026.2.3
    # One of this release's dependencies (lru-dict) has no wheel for Python 3.13.
    compiler=,gcc,libc6-dev,python3.13-dev
    ;;
  *)
    echo "HA_SUITE is forky or trixie, not $HA_SUITE" >&2
    exit 2
    ;;
esac
HA_PACKAGES=python$HA_PYTHON,python$HA_PYTHON-venv,ca-certificates,libturbojpeg0$compiler
HA_ROOT=${HA_HOME:-/var/cache/auricle-homeassistant}/$HA_SUITE-$HA_VERSION
export HA_ROOT HA_VERSION
