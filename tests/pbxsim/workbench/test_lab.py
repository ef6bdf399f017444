"""The workbench in a tab of JupyterLab: the command its proxy starts, with what the proxy fills in, answers below the prefix."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from pbxsim import datasets
from pbxsim.workbench import lab
from tests.ports import free_port


def test_the_launcher_has_it() -> None:
    (found,) = importlib.metadata.entry_points(group="jupyter_serverproxy_servers", name="pbx-workbench")
    assert found.load() is lab.server


def test_it_opens_the_named_file_else_that_of_the_folder_else_the_example(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(lab.FILE, raising=False)
    assert lab.document() == datasets.find("example")
    (tmp_path / "pbx.yaml").write_text("pbx: mine\n", encoding="utf-8")
    assert lab.document().resolve() == tmp_path / "pbx.yaml"
    monkeypatch.setenv(lab.FILE, str(tmp_path / "other.yaml"))
    with pytest.raises(FileNotFoundError, match="name a PBX document"):
        lab.document()
    (tmp_path / "other.yaml").write_text("pbx: other\n", encoding="utf-8")
    assert lab.document() == tmp_path / "other.yaml"


def test_make_lab_asks_nobody_outside(root: Path) -> None:
    words = ["make", "--dry-run", "--assume-old=current", f"VENV={sys.prefix}", "lab"]
    said = subprocess.run(words, cwd=root, capture_output=True, text=True, check=True).stdout
    for word in ("news_url= ", "NeverCheckForUpdate", "extension_manager=readonly"):
        assert word in said
    (settings,) = re.findall(r"app_settings_dir=(\S+)", said)
    (asked,) = json.loads((Path(settings) / "overrides.json").read_text(encoding="utf-8")).values()
    assert asked == {"checkForUpdates": False, "fetchNews": "false"}


def test_the_proxys_command_answers_below_its_prefix(tmp_path: Path) -> None:
    settings, port = lab.server(), free_port()
    filled = {"port": port, "base_url": "/user/anna/"}
    command = [word.format(**filled) for word in settings["command"]]
    headers = {name: value.format(**filled) for name, value in settings["request_headers_override"].items()}
    with subprocess.Popen(
        command, cwd=tmp_path, env=os.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            page = None
            ends = time.monotonic() + 60
            while page is None and time.monotonic() < ends and server.poll() is None:
                try:
                    page = httpx.get(
                        f"http://127.0.0.1:{port}/user/anna/pbx-workbench/design",
                        headers=headers,
                        timeout=30,
                        trust_env=False,
                        verify=False,
                    )
                except httpx.TransportError:
                    time.sleep(0.2)
            assert page is not None and page.status_code == 200
            assert "PBX Workbench" in page.text
            first = httpx.get(f"http://127.0.0.1:{port}/user/anna/pbx-workbench/", headers=headers, trust_env=False)
            assert "<title>Design · PBX Workbench</title>" in first.text, "the tab asks for the address without a page"
            assert httpx.get(f"http://127.0.0.1:{port}/design", headers=headers, trust_env=False).status_code == 404
        finally:
            server.terminate()
            server.wait(20)
