import shutil
from pathlib import Path

import pytest

from sim.data import Region, load_region


@pytest.fixture(scope="session")
def region() -> Region:
    return load_region("hunan")


@pytest.fixture
def copied(tmp_path: Path, region: Region) -> Path:
    """A copy of the tables that a test may break; its parent is a root for --root."""
    return Path(shutil.copytree(region.folder, tmp_path / "hunan"))
