"""The built canvas: it is what its sources make, it carries its licences, it names nobody else's machine."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

from pbxsim.workbench.canvas import DIST, JS, SCRIPT, STYLE


def source_hash() -> str:
    """The hash `build.mjs` records: names and contents of everything the bundle is made from."""
    names = sorted(
        ["build.mjs", "package.json", "package-lock.json", *(f"src/{file.name}" for file in (JS / "src").iterdir())]
    )
    digest = hashlib.sha256()
    for name in names:
        digest.update(name.encode() + b"\0" + (JS / name).read_bytes() + b"\0")
    return digest.hexdigest()


def test_the_bundle_was_built_from_the_sources_that_lie_beside_it() -> None:
    recorded = (DIST / "source.sha256").read_text().strip()
    assert recorded == source_hash(), "the sources have changed: run `npm ci && npm run build` in canvas/js"


def test_a_new_build_gives_the_committed_bundle(tmp_path: Path) -> None:
    """Where npm and its packages can be had; elsewhere the recorded hash stands for it."""
    npm = shutil.which("npm")
    if npm is None:
        assert (DIST / "source.sha256").is_file()
        return
    work, out = tmp_path / "js", tmp_path / "dist"
    shutil.copytree(JS, work, ignore=shutil.ignore_patterns("node_modules"))
    got = subprocess.run(
        [npm, "ci", "--no-audit", "--no-fund", "--prefer-offline"],
        cwd=work,
        capture_output=True,
        text=True,
        timeout=300,
    )
    if got.returncode != 0:
        assert re.search(r"network|ENOTFOUND|ETIMEDOUT|EAI_AGAIN|ECONNREFUSED|ENOTCACHED|registry", got.stderr), (
            got.stderr
        )
        return
    subprocess.run(
        [npm, "run", "build"],
        cwd=work,
        check=True,
        capture_output=True,
        timeout=300,
        env={**os.environ, "CANVAS_DIST": str(out)},
    )
    for file in DIST.iterdir():
        assert (out / file.name).read_bytes() == file.read_bytes(), f"{file.name} is not what the sources make"


def test_versions_are_exact_and_the_lock_names_no_host() -> None:
    package = json.loads((JS / "package.json").read_text())
    for versions in (package["dependencies"], package["devDependencies"]):
        assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions.values())
    lock = (JS / "package-lock.json").read_text()
    assert '"resolved"' not in lock and '"integrity"' in lock


def test_every_package_in_the_bundle_has_its_licence_beside_it() -> None:
    text = (DIST / "THIRD-PARTY-LICENCES.txt").read_text()
    for name in ("@xyflow/react", "lucide-react", "react ", "react-dom", "zustand"):
        assert re.search(rf"^{re.escape(name)}", text, re.MULTILINE), name
    heads = re.findall(r"^=+\n(\S+) (\S+) \((\S+)\)$", text, re.MULTILINE)
    assert len(heads) >= 15 and {licence for _, _, licence in heads} <= {"MIT", "ISC", "BSD-3-Clause"}


def test_the_style_sheet_loads_nothing() -> None:
    assert not re.search(r"@import|url\((?!data:)", STYLE.read_text())
    assert SCRIPT.stat().st_size < 600_000
