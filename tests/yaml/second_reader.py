#!/usr/bin/env python3
"""Reads what the edit tests wrote with PyYAML (YAML 1.1) and ruamel.yaml (YAML 1.2).

Usage: second_reader.py PROGRAM. Runs PROGRAM, a test program that writes N.yml
and N.json pairs into the folder LOCKSTEP_SECOND_READER_OUT, and compares each
pair: both readers must see the tasks that lockstep meant to write.
"""
import datetime
import json
import os
import subprocess
import sys
import tempfile

import ruamel.yaml
import yaml

try:
    LOADER = yaml.CSafeLoader
except AttributeError:
    LOADER = yaml.SafeLoader

TIMES = ("next_run_at", "created_at", "updated_at")
DEFAULTS = {"status": "pending", "params_json": {}}
FIELDS = ("skill_name", "schedule_cron", "next_run_at", "params_json", "status", "user_id", "created_at", "updated_at")


def instant(value):
    """Any written form of a time as an aware datetime; none of them is rounded."""
    if value is None:
        return None
    if isinstance(value, str):
        text = value.strip().replace("Z", "+00:00").replace(" ", "T", 1)
        if text.count(":") and "." in text:
            head, rest = text.split(".", 1)
            digits = len(rest) - len(rest.lstrip("0123456789"))
            text = head + "." + rest[:digits].ljust(6, "0") + rest[digits:]
        value = datetime.datetime.fromisoformat(text)
    elif not isinstance(value, datetime.datetime):
        value = datetime.datetime(value.year, value.month, value.day)
    if value.tzinfo is None:
        value = value.replace(tzinfo=datetime.timezone.utc)
    return value.astimezone(datetime.timezone.utc)


def plain(value):
    """Numbers as the readers hold them: floats, and whole ones as integers."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str):  # to PyYAML a pair of escapes is two characters
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    return value


def normal(task):
    result = {"id": task["id"]}
    for field in FIELDS:
        value = task.get(field)
        if value is None:
            value = DEFAULTS.get(field)
        result[field] = instant(value) if field in TIMES else plain(value)
    return result


def check(base, name, load):
    with open(base + ".yml", "rb") as file:
        text = file.read()
    with open(base + ".json", "rb") as file:
        meant = {task["id"]: normal(task) for task in json.load(file)}
    try:
        read = {task["id"]: normal(task) for task in load(text)["tasks"]}
    except Exception as error:  # whatever a reader throws is a failure of the text
        return f"{base}.yml: {name}: {error}"
    if read == meant:
        return None
    for key in meant:
        if read.get(key) != meant[key]:
            return f"{base}.yml: {name} reads task {key} as\n  {read.get(key)}\nbut meant was\n  {meant[key]}"
    return f"{base}.yml: {name} sees tasks {sorted(read)}, meant were {sorted(meant)}"


def pyyaml_load(text):
    # PyYAML in C is libyaml, which refuses the two escapes that JSON writes for one character.
    return yaml.load(text, Loader=yaml.SafeLoader if b"\\ud83d" in text else LOADER)


def json_load(text):
    return json.loads(text.decode("utf-8-sig"), parse_float=float)


def ruamel_load(text):
    reader = ruamel.yaml.YAML(typ="safe", pure=True)
    reader.version = None if text.lstrip(b"\xef\xbb\xbf").startswith(b"%YAML") else (1, 2)
    return reader.load(text)


def main():
    every = int(os.environ.get("LOCKSTEP_SECOND_READER_EVERY", "1"))
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.argv[1]], env={**os.environ, "LOCKSTEP_SECOND_READER_OUT": folder}, check=True,
                       stdout=subprocess.DEVNULL)
        bases = sorted((os.path.join(folder, name[:-4]) for name in os.listdir(folder) if name.endswith(".yml")),
                       key=lambda base: int(os.path.basename(base)))
        if not bases:
            sys.exit("the program wrote nothing")
        faults = []
        for number, base in enumerate(bases):
            faults.append(check(base, "PyYAML", pyyaml_load))
            if os.path.exists(base + ".is_json"):
                faults.append(check(base, "json", json_load))
            if number % every == 0:
                faults.append(check(base, "ruamel.yaml", ruamel_load))
        faults = [fault for fault in faults if fault]
        for fault in faults[:20]:
            print(fault)
        if faults:
            sys.exit(f"{len(faults)} of {len(bases)} texts are read otherwise than meant")
        print(f"{len(bases)} texts read as meant")


if __name__ == "__main__":
    main()
