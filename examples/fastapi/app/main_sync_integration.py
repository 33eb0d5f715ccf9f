"""The sync of this application's schedule, for `app.main` and for whoever imports it from here."""

from __future__ import annotations

import os
import pathlib
from typing import Any

from fastapi import FastAPI
from lockstep import SyncEngine, YAMLSafeIO
from lockstep.fastapi import SyncSystem
from lockstep.fastapi import integrate_sync_system as integrate

FOLDER = pathlib.Path(__file__).resolve().parent.parent
YAML_PATH = os.environ.get("LOCKSTEP_YAML", str(FOLDER / "config" / "schedule_config.yml"))
DATABASE_URL = os.environ.get("DATABASE_URL", f"sqlite:///{FOLDER / 'schedule.db'}")

__all__ = ["DATABASE_URL", "YAML_PATH", "SyncEngine", "YAMLSafeIO", "integrate_sync_system"]


def integrate_sync_system(app: FastAPI, **options: Any) -> SyncSystem:
    """With this application's file and database, unless `options` name others."""
    return integrate(app, **{"yaml_path": YAML_PATH, "database_url": DATABASE_URL, **options})
