#!/usr/bin/env bash
# Everything that loads the built server on this machine, about 50 minutes: latency of one event, the push
# face beside its bound and nchan, a full house and a restart under it, and a mixed night.
set -euo pipefail
cd "$(dirname "$0")/.."

minutes=${1:-30}
if [ ! -e /usr/lib/nginx/modules/ngx_nchan_module.so ]; then
    as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends nginx libnginx-mod-nchan
fi
cargo build --release --locked --quiet --workspace
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
load=target/release/load-tests

echo "== one event at a time"
bash scripts/with-server.sh latency --url BASE --feed dhu-oadby --service oadby-utc
echo "== push beside its bound and nchan"
$load compare --scratch "$work" --out docs/evidence/push
echo "== a full house"
$load storm --scratch "$work"
echo "== a mixed night of $minutes minutes"
$load night --scratch "$work" --minutes "$minutes"
