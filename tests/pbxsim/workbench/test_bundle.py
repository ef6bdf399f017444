"""The built bundles: each is what its sources make, carries its licences and names nobody else's machine."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from pbxsim.workbench import canvas, phone


class Bundle(NamedTuple):
    """One bundle: its name, where its sources and files are, what it is made from elsewhere, and packages inside."""

    name: str
    js: Path
    dist: Path
    shared: tuple[str, ...]
    inside: tuple[str, ...]
    packages: int


BUNDLES = (
    Bundle(
        "canvas", canvas.JS, canvas.DIST, ("bundle.mjs",),
        ("@xyflow/react", "lucide-react", "react ", "react-dom", "zustand"), 15,
    ),
    Bundle(
        "phone", phone.JS, phone.DIST, ("../../canvas/js/bundle.mjs", "../../canvas/js/src/host.js"),
        ("@noble/hashes", "jssip", "lucide-react", "react ", "react-dom", "sdp-transform"), 10,
    ),
)  # fmt: skip

each = pytest.mark.parametrize("bundle", BUNDLES, ids=[one.name for one in BUNDLES])


def source_hash(bundle: Bundle) -> str:
    """The hash that `bundle.mjs` records: names and contents of everything the bundle is made from."""
    own = [f"src/{file.name}" for file in (bundle.js / "src").iterdir()]
    names = sorted(["build.mjs", "package.json", "package-lock.json", *own, *bundle.shared])
    digest = hashlib.sha256()
    for name in names:
        digest.update(name.encode() + b"\0" + (bundle.js / name).read_bytes() + b"\0")
    return digest.hexdigest()


@each
def test_the_bundle_was_built_from_the_sources_that_lie_beside_it(bundle: Bundle) -> None:
    recorded = (bundle.dist / "source.sha256").read_text().strip()
    assert recorded == source_hash(bundle), f"the sources have changed: run `npm ci && npm run build` in {bundle.js}"


@each
def test_a_new_build_gives_the_committed_bundle(bundle: Bundle, tmp_path: Path) -> None:
    """Where npm and its packages can be had; elsewhere the recorded hash stands for it."""
    npm = shutil.which("npm")
    if npm is None:
        assert (bundle.dist / "source.sha256").is_file()
        return
    for one in BUNDLES:  # they share sources by their places
        shutil.copytree(one.js, tmp_path / one.name / "js", ignore=shutil.ignore_patterns("node_modules"))
    work, out = tmp_path / bundle.name / "js", tmp_path / "dist"
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
        env={**os.environ, f"{bundle.name.upper()}_DIST": str(out)},
    )
    for file in bundle.dist.iterdir():
        assert (out / file.name).read_bytes() == file.read_bytes(), f"{file.name} is not what the sources make"


@each
def test_versions_are_exact_and_the_lock_names_no_host(bundle: Bundle) -> None:
    package = json.loads((bundle.js / "package.json").read_text())
    for versions in (package["dependencies"], package["devDependencies"]):
        assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions.values())
    lock = (bundle.js / "package-lock.json").read_text()
    assert '"resolved"' not in lock and '"integrity"' in lock


@each
def test_every_package_in_the_bundle_has_its_licence_beside_it(bundle: Bundle) -> None:
    text = (bundle.dist / "THIRD-PARTY-LICENCES.txt").read_text()
    for name in bundle.inside:
        assert re.search(rf"^{re.escape(name)}", text, re.MULTILINE), name
    heads = re.findall(r"^=+\n(\S+) (\S+) \((\S+)\)$", text, re.MULTILINE)
    assert len(heads) >= bundle.packages and {licence for _, _, licence in heads} <= {"MIT", "ISC", "BSD-3-Clause"}


@each
def test_the_style_sheet_loads_nothing(bundle: Bundle) -> None:
    assert not re.search(r"@import|url\((?!data:)", (bundle.dist / f"{bundle.name}.bundle.css").read_text())
    assert (bundle.dist / f"{bundle.name}.bundle.js").stat().st_size < 600_000
