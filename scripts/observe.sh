#!/usr/bin/env bash
# A demonstration and a real Prometheus that scrapes it with the shipped rules, on ports and in a folder of
# their own (the Debian package's service, if it runs, is left alone). Ctrl-C ends both.
# `observe.sh BINARY [arguments of uec-live demo]`; PROMETHEUS_PORT, HTTP_PORT and MLLP_PORT choose the ports.
set -euo pipefail
cd "$(dirname "$0")/.."
binary=${1:-target/release/uec-live}
shift || true

prometheus_port=${PROMETHEUS_PORT:-9095}
http_port=${HTTP_PORT:-8080}
work=$(mktemp -d)
cp -r grafana/prometheus/rules grafana/prometheus/alerts "$work"
sed "s/127.0.0.1:8080/127.0.0.1:$http_port/; s/_interval: 15s/_interval: 5s/" \
    grafana/prometheus/prometheus.yml >"$work/prometheus.yml"

prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/tsdb" \
    --web.listen-address="127.0.0.1:$prometheus_port" --log.level=warn &
prometheus=$!
"$binary" demo --listen "127.0.0.1:$http_port" --mllp "127.0.0.1:${MLLP_PORT:-2575}" --data "$work/demo" "$@" &
server=$!
trap 'kill $prometheus $server 2>/dev/null || true; wait $prometheus $server 2>/dev/null || true; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

cat <<EOF
Prometheus  http://127.0.0.1:$prometheus_port/graph   alerts: http://127.0.0.1:$prometheus_port/alerts
Server      http://127.0.0.1:$http_port/status   metrics: http://127.0.0.1:$http_port/metrics
Grafana     give it the data source http://127.0.0.1:$prometheus_port and the boards in grafana/dashboards:
            docs/dashboards/README.md says where each file goes
EOF
# Whichever ends first ends the other.
wait -n "$prometheus" "$server"
