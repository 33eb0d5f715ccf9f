"""Every Python snippet of docs/PYTHON.md runs."""

import pathlib
import re

import pytest

TEXT = (pathlib.Path(__file__).resolve().parents[2] / "docs" / "PYTHON.md").read_text()
SNIPPETS = re.findall(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
APPLICATIONS = [snippet for snippet in SNIPPETS if "FastAPI()" in snippet]
SCRIPTS = [snippet for snippet in SNIPPETS if "FastAPI()" not in snippet]


def test_there_are_some():
    assert len(APPLICATIONS) == 3 and len(SCRIPTS) == 5


@pytest.mark.parametrize("snippet", SCRIPTS)
def test_script(world, snippet):
    world.python(snippet)


@pytest.mark.parametrize("snippet", APPLICATIONS)
def test_application(world, snippet):
    server = world.serve(snippet)
    headers = {"X-Token": "correct horse battery staple"} if "auth" in snippet else {}
    prefix = "/schedule" if "prefix" in snippet else ""
    assert server.get(f"{prefix}/api/sync/status", headers=headers).json()["in_sync"]
    if headers:
        assert server.get(f"{prefix}/api/sync/status").status_code == 401
    if "/nightly" in snippet:
        assert server.post("/nightly").json() == {"status": "success", "open": 0}
