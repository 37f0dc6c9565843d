"""The wheel, made of what the image's build is sent, installed alone into an empty environment, serves a page."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

from tests.servers import free_port, kunnig, running

ROOT = Path(__file__).resolve().parents[2]


def test_the_wheel_alone_serves_a_page(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if line.startswith("!"):
            path = ROOT / line.removeprefix("!")
            (shutil.copytree if path.is_dir() else shutil.copy)(path, source / path.name)
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "dist")],
        cwd=source, check=True, capture_output=True,
    )  # fmt: skip
    wheel = next((tmp_path / "dist").glob("kunnig-*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path / "site")
    for part in ("templates/base.html", "courses/documentation/SE/course.yaml", "migrations/env.py"):
        assert f"lms/_shipped/{part}" in names
    assert "lms/web/static/style.css" in names
    assert not any(name.startswith("tests/") for name in names)
    venv.create(tmp_path / "venv", with_pip=False)
    python = tmp_path / "venv" / "bin" / "python"
    environment = {
        # our own code from the wheel, the libraries from the environment the tests run in
        "PYTHONPATH": os.pathsep.join([str(tmp_path / "site"), sysconfig.get_paths()["purelib"]]),
        "KUNNIG_MODE": "demo",
        "KUNNIG_SECRET_KEY": "x" * 40,
        "KUNNIG_DATA": str(tmp_path / "data"),
        "KUNNIG_PORT": str(port := free_port()),
    }
    run = {"cwd": tmp_path, "capture_output": True, "env": {**os.environ, **environment}}
    command = [str(python), *kunnig()[1:]]
    where = subprocess.run(
        [str(python), "-c", "import lms; print(lms.__file__)"], check=True, text=True, **run
    ).stdout
    assert where.startswith(str(tmp_path / "site"))
    subprocess.run([*command, "migrate"], check=True, **run)
    with running([*command, "serve"], tmp_path / "log", f"http://127.0.0.1:{port}/sign-in", environment):
        pass
