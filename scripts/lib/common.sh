# Shared by the scripts: what has to be installed, and how lockstep is built.
# Sourced by bash; sets `root`, the repository's folder, and goes there.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"

# Debian 12. Never libasio-dev: it removes Boost 1.81.
build_packages=(
  cmake g++ ninja-build pkg-config
  libboost1.81-dev libboost-json1.81-dev
  libcli11-dev libhowardhinnant-date-dev libpq-dev libsqlite3-dev libsqlitecpp-dev libxxhash-dev libyaml-dev prometheus-cpp-dev
  tzdata zlib1g-dev
)
# For the Python module: scripts/build --python, and the tests.
python_packages=(pybind11-dev python3-dev python3-setuptools python3-wheel)
python_test_packages=(
  python3-fastapi python3-httpx python3-pip python3-psycopg2 python3-pytest python3-sqlalchemy python3-uvicorn python3-venv
  python3-websockets
)
test_packages=(
  chromium curl dpkg-dev file fonts-dejavu-core libgtest-dev librapidcheck-dev
  python3 python3-croniter python3-psycopg2 python3-ruamel.yaml python3-websockets python3-yaml sqlite3
)
dashboard_packages=(nodejs npm)
# Of these the tests start private ones of their own.
server_packages=(pgbouncer postgresql-15)

say() { printf '%s\n' "$*" >&2; }
die() { say "error: $*"; exit 1; }

# as_root COMMAND …
as_root() {
  if [[ $(id -u) -eq 0 ]]; then "$@"; else sudo "$@"; fi
}

# Packages can be installed here, by root or with sudo; else says what somebody else has to install.
require_installer() {
  command -v apt-get >/dev/null || die "missing packages, and no apt-get to install them: $*"
  [[ $(id -u) -eq 0 ]] || command -v sudo >/dev/null ||
    die "missing packages; as root: apt-get install --no-install-recommends $*"
}

# install_packages NAME …: those that are missing; no call of apt if none is.
install_packages() {
  local name missing=() known
  known=$(dpkg-query -W -f='${Package}=${db:Status-Status}\n' "$@" 2>/dev/null || true)
  for name in "$@"; do
    [[ $'\n'$known$'\n' == *$'\n'"$name=installed"$'\n'* ]] || missing+=("$name")
  done
  [[ ${#missing[@]} -eq 0 ]] && return
  require_installer "${missing[@]}"
  say "Installing ${missing[*]}"
  local install=(as_root env DEBIAN_FRONTEND=noninteractive
    apt-get install -y -qq --no-remove --no-install-recommends "${missing[@]}")
  # A fresh system has no package lists, an old one stale ones: only then they are fetched.
  local log
  log=$(mktemp)
  if ! "${install[@]}" >"$log" 2>&1; then
    as_root apt-get update -qq >>"$log" 2>&1 || { cat "$log" >&2; rm -f "$log"; die "apt-get update failed"; }
    "${install[@]}" >"$log" 2>&1 || { cat "$log" >&2; rm -f "$log"; die "the packages could not be installed"; }
  fi
  rm -f "$log"
}

# install_servers NAME …: as install_packages, but no service of them is started and no PostgreSQL cluster made.
install_servers() {
  [[ $(dpkg-query -W -f='${db:Status-Status} ' "$@" 2>/dev/null) =~ ^(installed )+$ ]] &&
    [[ $(dpkg-query -W "$@" 2>/dev/null | wc -l) -eq $# ]] && return
  require_installer "$@"
  # Debian's ways of saying so: invoke-rc.d asks policy-rc.d, postgresql-common this folder. Both only while it installs.
  local policy=/usr/sbin/policy-rc.d clusters=/etc/postgresql-common/createcluster.d
  local no_cluster=$clusters/lockstep-tests.conf made_policy=0 status=0
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod +x "$policy"
    made_policy=1
  fi
  as_root mkdir -p "$clusters"
  echo 'create_main_cluster = false' | as_root tee "$no_cluster" >/dev/null
  (install_packages "$@") || status=$?
  as_root rm -f "$no_cluster"
  [[ $made_policy -eq 0 ]] || as_root rm -f "$policy"
  [[ $status -eq 0 ]] || exit "$status"
}

# install_node [CMake option …]: what bundles the dashboard, unless it is switched off or a Node that will do is there. Where
# it cannot be had, the program is built without the dashboard.
install_node() {
  [[ " $* " == *" -DLOCKSTEP_DASHBOARD=OFF "* ]] && return
  command -v npm >/dev/null && node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)' 2>/dev/null && return
  (install_packages "${dashboard_packages[@]}") || say "Without Node: the program gets no dashboard."
}

# configure [CMake option …]: build/ as Release, one tree for program and tests.
configure() {
  local log
  log=$(mktemp)
  cmake -S . -B build -G Ninja -DCMAKE_BUILD_TYPE=Release "$@" >"$log" 2>&1 || { cat "$log" >&2; rm -f "$log"; exit 1; }
  rm -f "$log"
}

# Builds the named targets (all if none is named). The compiler's words are shown only if it fails.
build() {
  say "Building (build/, Release) ..."
  local log
  log=$(mktemp)
  ninja -C build "$@" >"$log" 2>&1 || { grep -v '^\[' "$log" >&2; rm -f "$log"; die "the build failed"; }
  rm -f "$log"
}
