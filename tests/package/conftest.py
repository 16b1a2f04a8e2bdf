"""One package for all tests, built by scripts/package from the release build."""
import subprocess

import pytest
from packing import ROOT, run


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """(path of the package, what scripts/package printed)"""
    status, text = run(ROOT / "scripts/package", "--output", tmp_path_factory.mktemp("package"))
    assert status == 0, text
    return text.splitlines()[-1], text


@pytest.fixture(scope="session")
def unpacked(built, tmp_path_factory):
    folder = tmp_path_factory.mktemp("unpacked")
    subprocess.run(["dpkg-deb", "-x", built[0], folder], check=True)
    return folder
