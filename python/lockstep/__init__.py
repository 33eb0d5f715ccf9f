"""lockstep keeps a hand-edited YAML schedule and a database table in step, both ways, losslessly."""

from ._lockstep import __version__
from .engine import SyncEngine
from .errors import (
    ConflictMovedError,
    DatabaseError,
    DeletionGuardError,
    FileError,
    FileLockedError,
    LockstepError,
    NotFoundError,
    RefusedError,
    UsageError,
    ValidationError,
)
from .yaml_io import YAMLSafeIO

__all__ = [
    "ConflictMovedError",
    "DatabaseError",
    "DeletionGuardError",
    "FileError",
    "FileLockedError",
    "LockstepError",
    "NotFoundError",
    "RefusedError",
    "SyncEngine",
    "UsageError",
    "ValidationError",
    "YAMLSafeIO",
    "__version__",
]
