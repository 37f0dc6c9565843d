"""The files to deploy with name what there is: settings, commands, files, users."""

import configparser
import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from lms.base.settings import SECRETS, Settings
from lms.cli import main

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / ".deploy"
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file())
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
OWN = {"KUNNIG_SITE", "KUNNIG_UPSTREAM", "KUNNIG_BACKUPS", SECRETS}  # of these files, not of the program


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_setting_named_is_one(path):
    known = {f"KUNNIG_{name.upper()}" for name in Settings.model_fields} | OWN
    assert set(re.findall(r"KUNNIG_[A-Z0-9_]+", path.read_text())) <= known


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_command_named_is_one(path):
    named = re.findall(r"(?:bin/kunnig|\[kunnig,|\"kunnig\",|web kunnig) \"?(\w+)", path.read_text())
    assert set(named) <= set(main.commands)
    assert named or (path.suffix not in {".service", ".yaml"} and path.name != "Containerfile")


def compose():
    return YAML(typ="safe").load(DEPLOY / "compose.yaml")


def test_compose_holds_together():
    file = compose()
    services = file["services"]
    for name, service in services.items():
        for needed in service.get("depends_on", ()):
            assert needed in services, name
        for secret in service.get("secrets", ()):
            assert secret in file["secrets"], name
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            assert (DEPLOY / source).exists() if source.startswith(".") else source in file["volumes"], name
        for config in service.get("configs", ()):
            assert config["source"] in file["configs"], name
    assert (DEPLOY / services["web"]["build"]["context"]).resolve() == ROOT
    assert (ROOT / services["web"]["build"]["dockerfile"]).is_file()


def test_only_the_proxy_is_open_to_the_world_and_ours_may_do_little():
    services = compose()["services"]
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
    for name in ("web", "worker", "migrate"):
        assert (services[name]["read_only"], services[name]["cap_drop"]) == (True, ["ALL"])
        assert services[name]["environment"][SECRETS] == "/run/secrets"
    for secret in compose()["secrets"]:
        assert secret.startswith("password_") or secret.removeprefix("kunnig_") in Settings.model_fields


def test_the_image_runs_as_nobody_from_locked_packages():
    lines = (DEPLOY / "Containerfile").read_text()
    assert "--require-hashes" in lines
    last_stage = lines.rpartition("FROM ")[2]
    assert re.search(r"^USER kunnig$", last_stage, re.MULTILINE)
    assert "HEALTHCHECK" in last_stage
    assert "/healthz" in last_stage
    for copied in re.findall(r"-r (\S+\.lock)", lines):
        assert (ROOT / copied).is_file()


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_units_start_a_command_and_share_what_protects_them(path):
    unit = configparser.ConfigParser(strict=False, interpolation=None, allow_no_value=True)
    unit.optionxform = str
    unit.read([path, DEPLOY / "systemd" / "kunnig-.service.d" / "shared.conf"])
    service = unit["Service"]
    assert path.name.startswith("kunnig-")
    assert service["ExecStart"].startswith("/opt/kunnig/bin/kunnig ")
    assert service["User"] == "kunnig"
    assert service["ProtectSystem"] == "strict"
    assert service["NoNewPrivileges"] == "true"
    assert service["CapabilityBoundingSet"] == ""
    assert f"{SECRETS}=%d" in service["Environment"]


def test_stopping_waits_for_what_is_in_hand():
    seconds = re.search(
        r"TimeoutStopSec=(\d+)", (DEPLOY / "systemd/kunnig-.service.d/shared.conf").read_text()
    )
    killed_after = re.search(r"workers_kill_timeout=(\d+)", (ROOT / "lms" / "cli.py").read_text())
    assert int(seconds.group(1)) > int(killed_after.group(1))
    assert compose()["services"]["web"]["stop_grace_period"] == f"{seconds.group(1)}s"
