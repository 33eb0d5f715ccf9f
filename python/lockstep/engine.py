"""Syncs of one YAML schedule with one database, from scripts."""

from __future__ import annotations

import asyncio
import functools
import json
from typing import Any, Literal, Mapping, Union

from . import _lockstep
from ._options import PathLike, Settings, native_options
from .errors import result_of

Direction = Literal["bidirectional", "yaml_to_db", "db_to_yaml"]
Choice = Literal["keep_yaml", "keep_db", "merge", "custom", "keep_both"]


def fields_text(fields: Mapping[str, Any] | None) -> str:
    return "" if fields is None else json.dumps(dict(fields))


class SyncEngine:
    """Reads and writes both sides on request; watches nothing.

    What is left out comes from the environment (`LOCKSTEP_…`, `DATABASE_URL`), else from `lockstep.yml`, else it is
    the default. `database_url` may be any of SQLAlchemy's forms (`postgresql+asyncpg://…`,
    `sqlite:///schedule.db`), as text or as its URL object. `settings` are keys of docs/CONFIGURATION.md.

    Nothing is opened before the first call. Threads may share an engine: they wait for each other. The
    interpreter's lock is released while it works. Each method has an `async` twin, `…_async`, that
    runs it on a thread. Results are the objects of docs/HTTP.md; what did not happen is a `LockstepError`.
    """

    def __init__(self, yaml_path: PathLike | None = None, database_url: Any = None, *, config: PathLike | None = None,
                 replica: str | None = None, settings: Settings | None = None) -> None:
        self._native = _lockstep.SyncEngine(*native_options(yaml_path, database_url, config, replica, settings))

    @property
    def yaml_path(self) -> str:
        return self._native.yaml

    def sync(self, direction: Direction = "bidirectional", force: bool = False, dry_run: bool = False, *,
             max_delete_percent: float | None = None, task_id: int | None = None) -> dict[str, Any]:
        """One sync. With `dry_run` what it would do. With `task_id` that task alone. Conflicts do not raise: the
        result's `status` is then `conflicts`, and everything else was synced."""
        return result_of(*self._native.sync(direction, force, dry_run, max_delete_percent, task_id))

    def sync_yaml_to_db(self, force: bool = False, dry_run: bool = False) -> dict[str, Any]:
        """Carries what changed in the YAML into the database; the YAML is not written."""
        return self.sync("yaml_to_db", force, dry_run)

    def sync_db_to_yaml(self, task_id: int | None = None, force: bool = False, dry_run: bool = False) -> dict[str, Any]:
        """Carries what changed in the database into the YAML: all of it, or one task's; the database is not written."""
        return self.sync("db_to_yaml", force, dry_run, task_id=task_id)

    def plan(self, direction: Direction = "bidirectional", *, force: bool = False,
             task_id: int | None = None) -> dict[str, Any]:
        """What a sync would do, task by task and field by field. Writes nothing."""
        return result_of(*self._native.plan(direction, force, task_id))

    def conflicts(self) -> list[dict[str, Any]]:
        """Pending conflicts, oldest first."""
        return result_of(*self._native.conflicts())

    def resolve_conflict(self, conflict_id: Union[str, int], choice: Choice, fields: Mapping[str, Any] | None = None,
                         version: int | None = None) -> dict[str, Any]:
        """Decides a conflict. `fields` goes with `custom`: `{"status": "db", "user_id": {"value": "ops"}}`.
        `version`: that of the conflict that was looked at; if it has moved on, `ConflictMovedError`."""
        return result_of(*self._native.resolve(str(conflict_id), choice, fields_text(fields), version))

    def status(self) -> dict[str, Any]:
        """How both sides stand; reads everything."""
        return result_of(*self._native.status())

    def history(self, limit: int = 20) -> list[dict[str, Any]]:
        """Runs, newest first."""
        return result_of(*self._native.history(limit))

    def undo(self, run_id: int) -> dict[str, Any]:
        """Takes back on both sides what a run did."""
        return result_of(*self._native.undo(run_id))

    async def sync_async(self, direction: Direction = "bidirectional", force: bool = False, dry_run: bool = False, *,
                         max_delete_percent: float | None = None, task_id: int | None = None) -> dict[str, Any]:
        return await _on_thread(self.sync, direction, force, dry_run, max_delete_percent=max_delete_percent,
                                task_id=task_id)

    async def sync_yaml_to_db_async(self, force: bool = False, dry_run: bool = False) -> dict[str, Any]:
        return await _on_thread(self.sync_yaml_to_db, force, dry_run)

    async def sync_db_to_yaml_async(self, task_id: int | None = None, force: bool = False,
                                    dry_run: bool = False) -> dict[str, Any]:
        return await _on_thread(self.sync_db_to_yaml, task_id, force, dry_run)

    async def plan_async(self, direction: Direction = "bidirectional", *, force: bool = False,
                         task_id: int | None = None) -> dict[str, Any]:
        return await _on_thread(self.plan, direction, force=force, task_id=task_id)

    async def conflicts_async(self) -> list[dict[str, Any]]:
        return await _on_thread(self.conflicts)

    async def resolve_conflict_async(self, conflict_id: Union[str, int], choice: Choice,
                                     fields: Mapping[str, Any] | None = None,
                                     version: int | None = None) -> dict[str, Any]:
        return await _on_thread(self.resolve_conflict, conflict_id, choice, fields, version)

    async def status_async(self) -> dict[str, Any]:
        return await _on_thread(self.status)

    async def history_async(self, limit: int = 20) -> list[dict[str, Any]]:
        return await _on_thread(self.history, limit)

    async def undo_async(self, run_id: int) -> dict[str, Any]:
        return await _on_thread(self.undo, run_id)


async def _on_thread(work: Any, *arguments: Any, **named: Any) -> Any:
    return await asyncio.get_running_loop().run_in_executor(None, functools.partial(work, *arguments, **named))
