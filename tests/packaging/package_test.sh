#!/bin/sh
# package_test.sh BUILD SOURCE: makes the Debian packages and tries them in an empty root folder.
# dpkg installs them there without what they depend on; that comes from the machine, which must have it.
set -eu
build=$1 source=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
fail() { echo "failed: $*" >&2; exit 1; }

(cd "$folder" && cpack --config "$build/CPackConfig.cmake" -B "$folder/made") >"$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }
packages=$(find "$folder/made" -maxdepth 1 -name '*.deb')
for name in lockstep liblockstep-dev; do
  echo "$packages" | grep -q "/${name}_" || fail "no package $name among: $packages"
done

root=$folder/root
mkdir -p "$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates" "$root/etc"
: >"$root/var/lib/dpkg/status"
# shellcheck disable=SC2086
dpkg --root="$root" --force-not-root --force-depends --force-script-chrootless --log=/dev/null -i $packages >"$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }
# What they depend on has those names in Debian, and is what the build was made with.
for package in $packages; do
  dpkg-deb -f "$package" Depends | tr ',' '\n' | sed 's/[ (|].*//; s/^ *//' >"$folder/depends"
  sed 's/^ *\([a-z0-9.+-]*\).*/\1/' "$folder/depends" | while read -r name; do
    [ -z "$name" ] || dpkg-query -W "$name" >/dev/null || fail "$package depends on $name, which is not installed here"
  done
done

usr=$root/usr
# The program.
env -i PATH=/usr/bin:/bin "$usr/bin/lockstep" --version >/dev/null || fail "the program does not run"
mkdir "$folder/run"
printf 'tasks:\n  - {id: 1, skill_name: a, schedule_cron: "@daily", next_run_at: "2026-11-23T02:00:00Z"}\n' >"$folder/run/schedule.yml"
(cd "$folder/run" && env -i "$usr/bin/lockstep" -q --yaml schedule.yml --db sqlite:tasks.db sync) || fail "the program does not sync"
bash -nc ". '$usr/share/bash-completion/completions/lockstep'" || fail "the completion is no script"
bash -c ". '$usr/share/bash-completion/completions/lockstep'; complete -p lockstep" >/dev/null || fail "the completion completes nothing"
# The manual names every command, and every file has its place.
page=$usr/share/man/man1/lockstep.1
[ -e "$page" ] || { page=$folder/lockstep.1; gzip -dc "$usr/share/man/man1/lockstep.1.gz" >"$page"; }
"$usr/bin/lockstep" --help | sed -n 's/^  \([a-z][a-z]*\)  .*/\1/p' | while read -r command; do
  grep -q "^\.B $command\$" "$page" || fail "lockstep(1) does not name $command"
done
for file in bin/lockstep-sync lib/systemd/system/lockstep.service lib/systemd/system/lockstep-sync.service \
            lib/systemd/system/lockstep-sync.timer lib/sysusers.d/lockstep.conf share/doc/lockstep/OPERATIONS.md share/doc/lockstep/LICENSE; do
  [ -e "$usr/$file" ] || fail "no $file"
done
! grep -r /usr/local "$usr/lib/systemd" || fail "the units name another place than the package's"
[ ! -x /usr/bin/systemd-sysusers ] || grep -q '^lockstep:' "$root/etc/passwd" || fail "no user for the services"

# The library, by a program that is built against it.
config=$(find "$usr" -name lockstepConfig.cmake)
cmake -S "$source/tests/consumer/project" -B "$folder/consumer" -G Ninja -DCMAKE_BUILD_TYPE=Release "-Dlockstep_DIR=$(dirname "$config")" \
  >"$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }
ninja -C "$folder/consumer" consumer >"$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }
mkdir "$folder/consumed"
"$folder/consumer/consumer" "$folder/consumed" >/dev/null || fail "the consumer does not run"

# The Python package.
if echo "$packages" | grep -q /python3-lockstep-sync_; then
  (cd "$folder/run" && env -i "PYTHONPATH=$usr/lib/python3/dist-packages" /usr/bin/python3 -B -c '
import lockstep
assert lockstep.SyncEngine("schedule.yml", "sqlite:///tasks.db").sync()["status"] == "success"
assert lockstep.__file__.startswith("'"$usr"'")') || fail "the Python package does not work"
fi
echo "$packages" | sed 's,.*/,,'
