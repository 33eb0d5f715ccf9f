"""A schedule's YAML file for programs that read and write it themselves."""

from __future__ import annotations

import datetime
import decimal
import json
import os
from typing import Any, Mapping

from . import _lockstep
from ._options import PathLike


class YAMLSafeIO:
    """Reads and writes a schedule: locked against other processes, atomic, and lossless, which is to say
    that only what differs from the file changes in it. One thread at a time.
    """

    def __init__(self, path: PathLike, *, lock_timeout: float = 10.0, backups: int = 10) -> None:
        self.path = os.fspath(path)
        self._native = _lockstep.ScheduleFile(self.path, int(lock_timeout * 1000), backups)

    def read(self) -> dict[str, Any]:
        """The whole document: `tasks`, sorted by id, with defaults filled in and times in RFC 3339 (UTC), and the
        other top-level keys. A missing or empty file has no tasks. Raises `ValidationError`, `FileLockedError`."""
        return json.loads(self._native.read())

    def write(self, data: Mapping[str, Any], backup: bool = True) -> bool:
        """Makes the file say what `data` says; true if it had to be changed.

        `data` is like what `read` returns. Tasks are told apart by `id`; one that is left out is removed; a field that a
        task leaves out stays as it is, and so do keys of the file that lockstep does not know. Other top-level
        keys cannot be changed, save `metadata.last_sync` and `metadata.sync_source`. After a `read` only what `data`
        changes of what was read is written: what other processes wrote since stays, unless it is the same field. Values may be `datetime`s
        (without an offset: UTC). `backup=False`: the former version replaces the newest backup, instead of
        adding one. Raises `ValidationError` (nothing is written), `FileLockedError`."""
        return self._native.write(json.dumps(data, default=_plain), backup)

    def get_metadata(self) -> dict[str, Any]:
        """`path`, `exists`, `size`, `modified_at`, `checksum`, `tasks` (how many), `valid`, and the file's own `metadata`."""
        return json.loads(self._native.metadata())


def _plain(value: Any) -> Any:
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return float(value)
    raise TypeError(f"a schedule cannot hold {type(value).__name__}")
