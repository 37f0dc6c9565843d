"""The files to deploy with name what there is: settings, commands, files, users."""

import configparser
import re
from pathlib import Path
from urllib.parse import urlsplit

import click
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
    named = re.findall(
        r"(?:bin/kunnig|\[kunnig,|\"kunnig\",|(?:web|migrate) kunnig) \"?(\w+)", path.read_text()
    )
    assert set(named) <= set(main.list_commands(click.Context(main)))
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


def test_the_secrets_of_systemd_are_those_the_program_reads():
    shared = (DEPLOY / "systemd/kunnig-.service.d/shared.conf").read_text()
    prefix = re.search(r"^LoadCredential=(\w+):/etc/kunnig/secrets$", shared, re.MULTILINE).group(1)
    text = (DEPLOY / "systemd/kunnig-web.service").read_text().replace("\n# ", " ")
    names = re.search(r"a file each, called ([\w, ]+);", text).group(1).split(", ")
    assert {"secret_key", "mail", "database", "database_owner"} <= set(names)
    for name in names:  # a folder's file gets the name of the credential in front, and "_"
        assert f"{prefix}_{name}".removeprefix("kunnig_") in Settings.model_fields


def test_every_unit_named_is_there_and_the_database_can_be_migrated():
    named = {
        name
        for path in FILES
        for name in re.findall(r"systemctl \w+ (?:--now )?((?:kunnig-[\w.]+ ?)+)", path.read_text())
    }
    units = {unit.removesuffix(".service") for line in named for unit in line.split()}
    assert {"kunnig-migrate", "kunnig-web", "kunnig-work", "kunnig-backup.timer", "kunnig-backup"} == units
    for unit in units:
        assert (DEPLOY / "systemd" / (unit if "." in unit else f"{unit}.service")).is_file()
    run = re.search(r"systemd-run --unit=(\S+)", (DEPLOY / "systemd/kunnig-web.service").read_text()).group(1)
    assert run.startswith("kunnig-")  # or kunnig-.service.d does not hold for it


def test_old_backups_are_forgotten_where_the_new_ones_go():
    unit = (DEPLOY / "systemd/kunnig-backup.service").read_text()
    assert "\nExecStart=/opt/kunnig/bin/kunnig backup ${KUNNIG_BACKUPS}\n" in unit
    assert "\nExecStartPost=/usr/bin/find ${KUNNIG_BACKUPS} " in unit
    assert "ReadWritePaths=" in unit


def test_the_proxy_lets_the_page_through_that_says_what_is_away():
    proxy = (DEPLOY / "Caddyfile").read_text()
    assert re.findall(r"health_uri (\S+)", proxy) == ["/healthz"]
    assert "lb_try_duration" in proxy


def test_backups_of_the_containers_lie_outside_of_the_files():
    text, services = (DEPLOY / "compose.yaml").read_text(), compose()["services"]
    files = services["web"]["environment"]["KUNNIG_FILES"]
    (target,) = re.findall(r"kunnig backup (s3://\S+)", text)
    assert not target.startswith(files)
    made = {Path(folder).name for folder in services["bucket"]["command"][2:]}
    assert {urlsplit(address).netloc for address in (files, target)} == made


def test_the_database_is_asked_by_the_network_and_waited_for():
    services = compose()["services"]
    assert "--host=127.0.0.1" in services["database"]["healthcheck"]["test"]
    assert services["migrate"]["command"] == ["kunnig", "migrate", "--wait", "60"]


def test_neither_image_nor_repository_gets_the_secrets():
    assert "\n.deploy/secrets/\n" in (ROOT / ".gitignore").read_text()
    sent = (ROOT / ".dockerignore").read_text().splitlines()
    assert sent[1] == "*"
    assert not [line for line in sent if re.match(r"!\.?(deploy|git|venv|demo)", line)]


def test_stopping_waits_for_what_is_in_hand():
    seconds = re.search(
        r"TimeoutStopSec=(\d+)", (DEPLOY / "systemd/kunnig-.service.d/shared.conf").read_text()
    )
    killed_after = re.search(r"workers_kill_timeout=(\d+)", (ROOT / "lms" / "cli" / "serve.py").read_text())
    assert int(seconds.group(1)) > int(killed_after.group(1))
    assert compose()["services"]["web"]["stop_grace_period"] == f"{seconds.group(1)}s"
