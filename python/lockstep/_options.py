"""What every part of the package is told: which file, which database."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any, Union

PathLike = Union[str, "os.PathLike[str]"]
Settings = Mapping[str, Any]


def setting_text(value: Any) -> str:
    """A setting as an environment variable would hold it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, Iterable):
        return ",".join(str(item) for item in value)
    return str(value)


def native_options(yaml_path: PathLike | None, database_url: Any, config: PathLike | None, replica: str | None,
                   settings: Settings | None) -> tuple[str, str, str, str, list[tuple[str, str]]]:
    """The first arguments of the compiled module's classes. A URL may be SQLAlchemy's object."""
    render = getattr(database_url, "render_as_string", None)
    url = render(hide_password=False) if render else (database_url or "")
    return (
        os.fspath(yaml_path) if yaml_path is not None else "",
        str(url),
        os.fspath(config) if config is not None else "",
        replica or "",
        [(name, setting_text(value)) for name, value in (settings or {}).items()],
    )
