#!/usr/bin/env bash
# Requests per second of a daemon with 1,000 tasks, by wrk (Debian's package), each on a core of its own where there are two.
# usage: bench/serve.sh [PROGRAM]      (build/lockstep)
set -euo pipefail
program=$(realpath "${1:-build/lockstep}")
command -v wrk >/dev/null || { echo "wrk is missing: apt-get install wrk" >&2; exit 1; }

folder=$(mktemp -d)
daemon=
trap '[[ -z $daemon ]] || kill "$daemon" 2>/dev/null || true; wait; rm -rf "$folder"' EXIT
cd "$folder"
{
  echo "tasks:"
  for id in $(seq 1000); do
    printf '  - id: %d\n    skill_name: job-%d\n    schedule_cron: "0 2 * * *"\n    next_run_at: "2026-11-23T02:00:00Z"\n' "$id" "$id"
  done
} >schedule.yml

server=() client=()
if [[ $(nproc) -ge 2 ]]; then server=(taskset -c 0) client=(taskset -c 1); fi
"${server[@]}" "$program" --yaml schedule.yml --db sqlite:tasks.db serve --listen 127.0.0.1:0 >out 2>log &
daemon=$!
for _ in $(seq 100); do [[ -s out ]] && break; sleep 0.1; done
url=$(grep -o 'http://[^ ]*' out) || { cat log >&2; exit 1; }

for path in /api/tasks/500 /health '/api/tasks?limit=10' /api/sync/status; do
  printf '%-22s' "$path"
  "${client[@]}" wrk -t1 -c32 -d5s --latency "$url$path" | awk '/Requests\/sec/ {r=$2} /50%/ {m=$2} /99%/ {p=$2} /Non-2xx/ {e=$0}
    END {printf "%9.0f requests/s   median %s, 99%% within %s  %s\n", r, m, p, e}'
done
printf 'memory of the daemon: %s KiB\n' "$(awk '/VmRSS/ {print $2}' "/proc/$daemon/status")"
