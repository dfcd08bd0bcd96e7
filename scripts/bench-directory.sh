#!/usr/bin/env bash
# Searches of a Directory of 100,000 generated services, in process, beside PostGIS, Redis and a plain scan,
# each on a server of its own in a temporary folder; then the import, and what the server weighs.
set -euo pipefail
cd "$(dirname "$0")/.."

questions=${1:-6000}
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
if ! command -v redis-server >/dev/null || [ ! -e /usr/share/postgresql/15/extension/postgis.control ]; then
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends postgresql-15-postgis-3 redis-server
fi
cargo build --release --locked --quiet --workspace
load=target/release/load-tests
work=$(mktemp -d)
chmod 755 "$work"
mkdir "$work/pg"
# PostgreSQL refuses to run as root.
as_postgres=()
if [ "$(id -u)" -eq 0 ]; then
    chown postgres "$work/pg"
    as_postgres=(runuser -u postgres --)
fi
bin=/usr/lib/postgresql/15/bin
end() {
    "${as_postgres[@]}" "$bin/pg_ctl" -D "$work/pg/data" -m immediate stop >/dev/null 2>&1 || true
    redis-cli -s "$work/redis" shutdown nosave >/dev/null 2>&1 || true
    [ -z "${server:-}" ] || kill "$server" 2>/dev/null || true
    rm -rf "$work"
}
trap end EXIT
(cd "$work/pg" && "${as_postgres[@]}" "$bin/initdb" -D data -U postgres -A trust --no-sync >/dev/null)
(cd "$work/pg" && "${as_postgres[@]}" "$bin/pg_ctl" -D data -w -l log -o "-c listen_addresses='' \
    -c unix_socket_directories=$work/pg -c shared_buffers=512MB -c work_mem=64MB -c fsync=off" start >/dev/null)
redis-server --port 0 --unixsocket "$work/redis" --save '' --appendonly no --daemonize yes --dir "$work" >/dev/null

$load directory --write "$work/services.jsonl"
$load directory --file "$work/services.jsonl" --import
$load directory --file "$work/services.jsonl" --questions "$questions" \
    --postgres "$work/pg" --redis "$work/redis"

printf '%s\n' '[[feed]]' 'id = "f"' 'name = "f"' 'services = ["n017325"]' \
    'late_after_minutes = 5' 'silent_after_minutes = 15' >"$work/feeds.toml"
echo 'feeds = "feeds.toml"' >"$work/settings.toml"
begun=$(date +%s.%N)
target/release/uec-live serve --open --listen 127.0.0.1:0 --mllp 127.0.0.1:0 --data "$work/data" \
    --directory "$work/services.jsonl" --config "$work/settings.toml" >"$work/out" 2>"$work/err" &
server=$!
for _ in $(seq 600); do
    grep -q 'HL7 v2' "$work/out" && break
    sleep 0.1
done
echo "server with that directory"
echo "  ready after    $(awk -v a="$begun" -v b="$(date +%s.%N)" 'BEGIN { printf "%.1f", b - a }') s"
cpu() { awk '{ print ($14 + $15) * 10 }' "/proc/$server/stat"; }
before=$(cpu)
sleep 180
echo "  resident       $(awk '/VmRSS/ { printf "%.0f", $2 / 1024 }' "/proc/$server/status") MiB"
echo "  computes       $((($(cpu) - before) / 3)) ms each minute"
