"""What goes wrong, as exceptions of the package's own. All of them are `LockstepError`."""

from __future__ import annotations

import json
from typing import Any


class LockstepError(Exception):
    """An operation that failed, or did not happen. Nothing was written on either side.

    `hint` says what to do about it; `retryable` whether the same call may succeed when made again;
    `problem` is the problem object of docs/HTTP.md, where there is one.
    """

    def __init__(self, message: str, *, hint: str = "", retryable: bool = False,
                 problem: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.hint = hint
        self.retryable = retryable
        self.problem: dict[str, Any] = problem or {}


class UsageError(LockstepError, ValueError):
    """The caller's words are off: arguments, configuration, a database URL."""


class ValidationError(LockstepError, ValueError):
    """The YAML, or what was to be written into it, breaks the rules. `errors` lists all of it, each with
    `file`, `line`, `column`, `task_id`, `field` and `message`."""

    errors: list[dict[str, Any]]

    def __init__(self, message: str, *, errors: list[dict[str, Any]] | None = None, **more: Any) -> None:
        super().__init__(message, **more)
        self.errors = errors if errors is not None else self.problem.get("errors", [])


class FileLockedError(LockstepError):
    """Another process kept the file locked, or open for writing, beyond the lock timeout."""


class DeletionGuardError(LockstepError):
    """The sync would have deleted more than `max_delete` allows; `guard` says how many, and which."""

    @property
    def guard(self) -> dict[str, Any]:
        return self.problem.get("guard", {})


class NotFoundError(LockstepError, LookupError):
    """The conflict is not pending (any more), or there is no such run."""


class ConflictMovedError(LockstepError):
    """The conflict is not what the caller saw; `conflict` is what it is now."""

    @property
    def conflict(self) -> dict[str, Any]:
        return self.problem.get("conflict", {})


class RefusedError(LockstepError):
    """This conflict does not allow the choice, or tasks changed since the run that was to be undone (`changed`)."""

    @property
    def changed(self) -> list[dict[str, Any]]:
        return self.problem.get("changed", [])


class FileError(LockstepError, OSError):
    """A file cannot be read or written."""


class DatabaseError(LockstepError):
    """The database cannot be reached, refuses, or has a table that cannot hold a schedule."""


_BY_CODE: dict[str, type[LockstepError]] = {
    "usage": UsageError,
    "not_found": NotFoundError,
    "io": FileError,
    "permission": FileError,
    "locked": FileLockedError,
    "busy": DatabaseError,
    "database": DatabaseError,
    "unreachable": DatabaseError,
    "newer_schema": DatabaseError,
    "unsuitable_table": DatabaseError,
}
_BY_VERDICT: dict[str, type[LockstepError]] = {
    "invalid_yaml": ValidationError,
    "file_locked": FileLockedError,
    "deletion_guard": DeletionGuardError,
    "not_found": NotFoundError,
    "moved": ConflictMovedError,
    "refused": RefusedError,
}


def from_native(code: str, message: str, hint: str, retryable: bool, errors: str) -> LockstepError:
    """An Error of the C++ library. Called by the compiled module."""
    if errors:
        return ValidationError(message, hint=hint, errors=json.loads(errors))
    return _BY_CODE.get(code, LockstepError)(message, hint=hint, retryable=retryable)


def result_of(verdict: str, text: str) -> Any:
    """The object of an answer, or the exception that its verdict stands for."""
    answer = json.loads(text)
    if verdict in ("done", "conflicts"):
        return answer
    raise _BY_VERDICT[verdict](answer["detail"], problem=answer, retryable=verdict == "file_locked")
