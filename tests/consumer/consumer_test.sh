#!/bin/sh
# consumer_test.sh installed|subdirectory BUILD SOURCE [cmake option …]
# Builds and runs project/ against the library as BUILD installs it, or with SOURCE as a subdirectory.
set -eu
way=$1 build=$2 source=$3
shift 3
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
case $way in
  installed)
    cmake --install "$build" --prefix "$folder/prefix" --component development >/dev/null
    # Only there, and found from another place: what is installed names no folder of the build's.
    mv "$folder/prefix" "$folder/moved"
    ! grep -rlF -e "$build" -e "$source" "$folder/moved" --include='*.cmake' --include='*.hpp' || {
      echo "what is installed names the build's folders" >&2; exit 1; }
    mkdir "$folder/snippets"
    awk -v to="$folder/snippets/snippet" '/^```cpp/ {++n; file = to n ".cpp"; next} /^```/ {file = ""} file {print > file}' "$source/docs/CPP.md"
    set -- "-DSNIPPETS=$folder/snippets" "-Dlockstep_DIR=$(dirname "$(find "$folder/moved" -name lockstepConfig.cmake)")" "$@" ;;
  subdirectory) set -- "-DLOCKSTEP_SOURCE=$source" "$@" ;;
esac
cmake -S "$here/project" -B "$folder/build" -G Ninja -DCMAKE_BUILD_TYPE=Release "$@" >"$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }
ninja -C "$folder/build" -j2 >"$folder/log" 2>&1 || { tail -40 "$folder/log"; exit 1; }
if [ "$way" = subdirectory ] && [ -e "$folder/build/lockstep/lockstep" ]; then
  echo "a consumer builds the program too" >&2; exit 1
fi
mkdir "$folder/run"
"$folder/build/consumer" "$folder/run"
[ "$way" = installed ] || exit 0
cd "$folder/run"
for snippet in "$folder"/snippets/*.cpp; do
  "$folder/build/$(basename "$snippet" .cpp)"
done
