"""A folder with the tiny course, ready to be checked and published."""

from pathlib import Path

import pytest

from tests.catalogue.tiny_course import tiny_course, write_files


@pytest.fixture
def courses(tmp_path: Path) -> Path:
    """A folder of courses that holds the tiny course."""
    return write_files(tiny_course(), tmp_path / "courses")
