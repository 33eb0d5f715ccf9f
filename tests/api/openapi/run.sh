#!/bin/bash
# run.sh OPENAPI_DUMP RECORDING FOLDER: checks what the program OPENAPI_DUMP prints, and RECORDING against it.
# The packages are installed into FOLDER when they are not there yet.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
dump=$1 recording=$2 folder=$3/openapi
mkdir -p "$folder"
cp "$here"/{package.json,package-lock.json,.npmrc,check.mjs} "$folder"
cd "$folder"
if ! cmp -s package-lock.json node_modules/.installed; then
  npm ci --ignore-scripts --loglevel=error
  cp package-lock.json node_modules/.installed
fi
"$dump" >document.json
node check.mjs document.json "$recording"
