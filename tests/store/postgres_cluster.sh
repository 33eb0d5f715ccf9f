#!/bin/sh
# A private PostgreSQL cluster for tests: unix socket only, in a folder of its own.
#
#   postgres_cluster.sh start [PARENT]   prints the folder; connect with host=FOLDER user=postgres. Without PARENT it
#                                        stands in memory where there is room (/dev/shm), else in /tmp
#   postgres_cluster.sh pooler FOLDER MODE   puts PgBouncer in front of it, in `session` or `transaction` mode, and
#                                        prints the folder of its socket (port 6432)
#   postgres_cluster.sh stop FOLDER      ends it, by the process id that its folder names, and removes the folder
#
# The server refuses to run as root: root starts it as the user `postgres` (made by Debian's package), else as
# `nobody`. Any other user starts it as itself. Exit status 77: PostgreSQL is not installed.
set -eu

find_programs() {
  for folder in /usr/lib/postgresql/15/bin $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -rV); do
    if [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ]; then echo "$folder"; return; fi
  done
  if command -v initdb >/dev/null && command -v postgres >/dev/null; then dirname "$(command -v initdb)"; return; fi
  echo "PostgreSQL is not installed: apt-get install postgresql-15" >&2
  exit 77
}

server_user() {
  if [ "$(id -u)" != 0 ]; then return; fi
  for user in postgres nobody; do
    if id "$user" >/dev/null 2>&1; then echo "$user"; return; fi
  done
  echo "no user but root is there to run PostgreSQL" >&2
  exit 1
}

as_server_user() {
  if [ -n "$user" ]; then
    setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups env HOME="$folder" "$@"
  else
    "$@"
  fi
}

roomy_parent() {
  free=$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $4 }')
  if [ "${free:-0}" -gt 2000000 ] && [ -w /dev/shm ]; then echo /dev/shm; else echo /tmp; fi
}

start() {
  programs=$(find_programs)
  user=$(server_user)
  parent=${1:-$(roomy_parent)}
  folder=$(mktemp -d "$parent/lockstep-postgres.XXXXXX")
  if [ -n "$user" ]; then chown "$user" "$folder"; fi
  trap 'rm -rf "$folder"' EXIT
  cd "$folder"
  # --no-sync: the new cluster need not survive a power cut. What tests write does: fsync stays on.
  as_server_user "$programs/initdb" --pgdata="$folder/data" --username=postgres --auth=trust --encoding=UTF8 \
    --locale=C.UTF-8 --no-sync >"$folder/initdb.log" 2>&1 || { cat "$folder/initdb.log" >&2; exit 1; }
  # A role whose password is asked for, to test that it is never shown.
  sed -i '1i local all locked_out scram-sha-256' "$folder/data/pg_hba.conf"
  cat >>"$folder/data/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$folder'
max_connections = 60
shared_buffers = 64MB
log_line_prefix = '%m [%p] %d '
CONF
  as_server_user "$programs/pg_ctl" start --wait --timeout=60 --pgdata="$folder/data" --log="$folder/log" \
    >"$folder/pg_ctl.log" 2>&1 </dev/null || { cat "$folder/pg_ctl.log" "$folder/log" >&2; exit 1; }
  trap - EXIT
  echo "$folder"
}

pooler() {
  folder=$1
  mode=$2
  PATH=$PATH:/usr/sbin
  command -v pgbouncer >/dev/null || { echo "PgBouncer is not installed: apt-get install pgbouncer" >&2; exit 77; }
  user=$(server_user)
  own=$folder/pooler-$mode
  if [ ! -d "$own" ]; then
    mkdir "$own"
    cat >"$own/ini" <<INI
[databases]
* = host=$folder user=postgres
[pgbouncer]
listen_addr =
unix_socket_dir = $own
listen_port = 6432
auth_type = any
pool_mode = $mode
pidfile = $own/pid
logfile = $own/log
INI
    if [ -n "$user" ]; then chown -R "$user" "$own"; fi
    as_server_user pgbouncer --quiet --daemon "$own/ini" >"$own/output" 2>&1 || { cat "$own/output" >&2; exit 1; }
    while [ ! -S "$own/.s.PGSQL.6432" ]; do sleep 0.02; done
  fi
  echo "$own"
}

stop() {
  folder=$1
  case "$folder" in */lockstep-postgres.*) ;; *) echo "not a folder of ours: $folder" >&2; exit 1 ;; esac
  for pidfile in "$folder"/pooler-*/pid; do
    if [ -f "$pidfile" ]; then kill -TERM "$(cat "$pidfile")" 2>/dev/null || true; fi
  done
  if [ -f "$folder/data/postmaster.pid" ]; then
    pid=$(head -n 1 "$folder/data/postmaster.pid")
    kill -INT "$pid" 2>/dev/null || true  # fast shutdown: sessions are ended
    tries=0
    while kill -0 "$pid" 2>/dev/null && [ -f "$folder/data/postmaster.pid" ] && [ "$tries" -lt 300 ]; do
      sleep 0.05
      tries=$((tries + 1))
    done
    if [ "$tries" -ge 300 ]; then kill -QUIT "$pid" 2>/dev/null || true; fi
  fi
  rm -rf "$folder"
}

case "${1:-}" in
  start) start "${2:-}" ;;
  pooler) pooler "${2:?the folder that start printed}" "${3:?session or transaction}" ;;
  stop) stop "${2:?the folder that start printed}" ;;
  *) sed -n '2,12p' "$0" >&2; exit 64 ;;
esac
