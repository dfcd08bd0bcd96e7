#!/usr/bin/env bash
# Holds grafana/ to what it says: the boards are what the generator writes, the lint finds nothing, the
# rules do what their tests say, and a real Prometheus answers every panel after a scripted night.
# `dashboards.sh quick` leaves the night out.
set -euo pipefail
cd "$(dirname "$0")/.."
export PYTHONDONTWRITEBYTECODE=1

python3 scripts/dashboards/make.py --check
python3 scripts/dashboards/lint.py
promtool check config grafana/prometheus/prometheus.yml >/dev/null
promtool check rules grafana/prometheus/rules/*.yml grafana/prometheus/alerts/*.yml >/dev/null
promtool test rules grafana/prometheus/tests/*.yml
[ "${1:-}" != quick ] || exit 0

binary=$(bash scripts/debug-binary.sh)
python3 scripts/dashboards/night.py "$binary"
