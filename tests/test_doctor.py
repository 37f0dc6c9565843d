"""The doctor: a sound set-up has no fault, and each thing that can be wrong is found with what to do."""

import json
import shutil
import socket
from datetime import UTC, datetime, timedelta

import pytest
from aiosmtpd.controller import Controller
from click.testing import CliRunner
from pydantic import SecretStr
from sqlalchemy import text

from lms import doctor
from lms.base.context import House, make_house, work
from lms.base.files import LocalFiles
from lms.base.findings import Verdict
from lms.base.heartbeat import beat
from lms.cli import main
from lms.doctor import CHECKS, examine
from tests.base.test_files import s3 as s3_store
from tests.base.test_files import s3_address
from tests.conftest import as_role, settings_for
from tests.servers import OWNER, SUPERUSER, free_port

__all__ = ["s3_address"]  # a fixture

GOOD_SECRET = "0123456789abcdef" * 4


@pytest.fixture
def mail_server():
    """Address of a real SMTP server that keeps nothing, and the mails it was sent."""
    sent = []

    class Inbox:
        async def handle_DATA(self, _server, _session, envelope):  # noqa: N802  (the name aiosmtpd calls)
            sent.append(envelope)
            return "250 OK"

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(Inbox(), hostname="127.0.0.1", port=port)
    controller.start()
    yield f"smtp://127.0.0.1:{port}", sent
    controller.stop()


@pytest.fixture
def sound(house, mail_server):
    """A house as it should be, with its worker."""
    settings = house.settings.model_copy(
        update={
            "mode": "production",
            "secret_key": SecretStr(GOOD_SECRET),
            "public_url": "https://kunnig.granvik.example",
            "proxies": 1,
            "mail": mail_server[0],
            "mail_from": "Kunnig <kunnig@granvik.example>",
            "security_contact": "mailto:it@granvik.example",
            "accessibility_contact": "mailto:it@granvik.example",
        }
    )
    settings.data.chmod(0o750)
    with work(house) as ctx:
        beat(ctx.db, "one:1", ctx.now)
    return House(settings, house.engine, house.files)


def changed(house, **settings):
    return House(house.settings.model_copy(update=settings), house.engine, house.files)


def found(house, name):
    return dict(examine(house))[name]


def test_a_sound_setup_has_no_fault_and_nothing_is_sent(sound, mail_server):
    findings = dict(examine(sound))
    assert findings.keys() == {name for name, _check, _advice in CHECKS}
    assert [finding for finding in findings.values() if finding.verdict is Verdict.FAULT] == []
    may_differ = {"data folder", "free space"}  # this machine's disk
    assert {name for name, finding in findings.items() if finding.verdict is not Verdict.OK} <= may_differ
    assert mail_server[1] == []
    assert not [key for key in sound.files.all_keys() if "doctor" in key]


@pytest.mark.parametrize(
    ("name", "settings", "verdict"),
    [
        ("mode", {"mode": "demo"}, Verdict.ATTENTION),
        ("secret", {"secret_key": SecretStr("abc" * 20)}, Verdict.FAULT),
        ("public address", {"public_url": "http://kunnig.granvik.example"}, Verdict.FAULT),
        ("public address", {"public_url": "http://127.0.0.1:8000"}, Verdict.ATTENTION),
        ("public address", {"public_url": "kunnig.granvik.example"}, Verdict.FAULT),
        ("public address", {"public_url": "https://granvik.example/kunnig"}, Verdict.FAULT),
        ("public address", {"proxies": 0}, Verdict.ATTENTION),
        ("mail", {"mail": ""}, Verdict.ATTENTION),
        ("mail", {"mail_from": "Kunnig <kunnig@localhost>"}, Verdict.ATTENTION),
        ("mail", {"mail": f"smtp://127.0.0.1:{free_port()}"}, Verdict.FAULT),
        ("push", {"push_key": SecretStr("A" * 43)}, Verdict.FAULT),
        ("SMS", {"sms": f"http://127.0.0.1:{free_port()}/send"}, Verdict.FAULT),
        ("security contact", {"security_contact": ""}, Verdict.ATTENTION),
        ("accessibility contact", {"accessibility_contact": ""}, Verdict.ATTENTION),
    ],
)
def test_a_setting_that_does_not_do_is_found(sound, name, settings, verdict):
    finding = found(changed(sound, **settings), name)
    assert finding.verdict is verdict
    assert finding.do


def test_a_mail_server_that_takes_no_password_in_the_clear_is_a_fault(sound, mail_server):
    finding = found(changed(sound, mail=mail_server[0].replace("//", "//user:secret@")), "mail")
    assert finding.verdict is Verdict.FAULT
    assert "secret" not in finding.what


def test_what_others_can_read_is_found(sound, tmp_path, monkeypatch):
    sound.settings.data.chmod(0o755)
    assert found(sound, "permissions").verdict is Verdict.ATTENTION
    sound.settings.data.chmod(0o700)
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "kunnig_secret_key").write_text(GOOD_SECRET)
    monkeypatch.setenv("KUNNIG_SECRETS", str(tmp_path / "secrets"))
    (tmp_path / "secrets" / "kunnig_secret_key").chmod(0o644)
    assert "kunnig_secret_key" in found(sound, "permissions").what
    (tmp_path / "secrets" / "kunnig_secret_key").chmod(0o640)
    assert found(sound, "permissions").verdict is Verdict.OK


def test_a_disk_that_is_no_good_place_is_found(sound, monkeypatch):
    on_sqlite = sound.engine.dialect.name == "sqlite"
    for kind, verdict in (
        ("nfs4", Verdict.FAULT if on_sqlite else Verdict.ATTENTION),
        ("overlay", Verdict.ATTENTION),
        ("ext4", Verdict.OK),
    ):
        monkeypatch.setattr(doctor, "_kind_of_disk", lambda _folder, kind=kind: kind)
        assert found(sound, "data folder").verdict is verdict
    gone = changed(sound, data=sound.settings.data / "nowhere")
    assert found(gone, "data folder").verdict is Verdict.FAULT
    assert found(gone, "free space").verdict is Verdict.FAULT


def test_the_kind_of_disk_is_that_of_the_nearest_mount(tmp_path):
    assert doctor._kind_of_disk(tmp_path) != "unknown disk"
    assert doctor._kind_of_disk(tmp_path.parent / "proc").startswith(doctor._kind_of_disk(tmp_path))


@pytest.mark.parametrize(
    ("free", "verdict"), [(50, Verdict.OK), (4, Verdict.ATTENTION), (0.1, Verdict.FAULT)]
)
def test_a_disk_that_gets_full_is_found(sound, monkeypatch, free, verdict):
    usage = type(shutil.disk_usage("/"))(100 * doctor.GB, 0, int(free * doctor.GB))
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _folder: usage)
    assert found(sound, "free space").verdict is verdict


def test_a_database_that_is_not_migrated_is_found(sound, owner):
    with owner.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    finding = found(sound, "migrations")
    assert (finding.verdict, finding.do) == (Verdict.FAULT, "kunnig migrate")
    with owner.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert found(sound, "migrations").verdict is Verdict.ATTENTION


@pytest.mark.parametrize(("role", "said"), [(SUPERUSER, "superuser"), (OWNER, "owns the tables")])
def test_a_role_that_may_too_much_is_found(sound, role, said):
    assert found(sound, "database").verdict is Verdict.OK
    if not sound.settings.database:
        return  # SQLite knows no roles
    other = make_house(sound.settings.model_copy(update={"database": as_role(role, sound.settings.database)}))
    finding = found(other, "database")
    other.engine.dispose()
    assert (finding.verdict, said in finding.what) == (Verdict.ATTENTION, True)


def test_a_damaged_file_is_found(sqlite_model, tmp_path):
    shutil.copytree(sqlite_model, tmp_path / "data")
    database = tmp_path / "data" / "kunnig.db"
    pages = bytearray(database.read_bytes())
    pages[20 * 4096 : 60 * 4096] = b"\x55" * (40 * 4096)
    database.write_bytes(pages)
    house = make_house(settings_for(tmp_path / "data"))
    assert found(house, "database").verdict is Verdict.FAULT
    house.engine.dispose()


def test_a_new_place_is_left_as_it_is(tmp_path):
    house = make_house(settings_for(tmp_path / "data"))
    findings = dict(examine(house))
    for name in ("data folder", "database", "migrations", "worker", "outbox"):
        assert findings[name].verdict is Verdict.FAULT
    assert "kunnig migrate" in findings["database"].do
    assert not (tmp_path / "data" / "kunnig.db").exists()
    house.engine.dispose()


def test_no_worker_and_what_piles_up_is_found(granvik, sound):
    now = datetime.now(UTC)
    with granvik.work("karin", now=now - timedelta(hours=1)) as ctx:
        ctx.later("story", "waits")
        ctx.db.execute(text("DELETE FROM worker_heartbeat"))
    assert found(sound, "worker").verdict is Verdict.FAULT
    finding = found(sound, "outbox")
    assert (finding.verdict, "the oldest for 60 min" in finding.what) == (Verdict.ATTENTION, True)


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)  # the database has no part in it
def test_a_file_store_that_does_not_answer_is_found(sound, s3_address, tmp_path):
    (tmp_path / "file").write_text("no folder")
    for store, expected in (
        (LocalFiles(tmp_path / "file" / "files"), Verdict.FAULT),
        (s3_store(s3_address, secret="another-secret-altogether-123456"), Verdict.FAULT),
        (s3_store(s3_address), Verdict.OK),
    ):
        assert found(House(sound.settings, sound.engine, store), "file store").verdict is expected


def test_a_clock_that_goes_wrong_is_found(sound, s3_address, monkeypatch):
    store = s3_store(s3_address)
    house = House(sound.settings, sound.engine, store)
    assert found(house, "clock").verdict is Verdict.OK
    monkeypatch.setattr(store, "clock", lambda: datetime.now(UTC) - timedelta(minutes=5))
    assert found(house, "clock").verdict is Verdict.ATTENTION


def test_a_machine_that_makes_no_pdf_is_told_what_to_install(sound, monkeypatch):
    def broken(*_anything):
        raise OSError("cannot load library 'libpango-1.0-0'")

    monkeypatch.setattr(doctor.certificates, "render_pdf", broken)
    finding = found(sound, "PDF")
    assert (finding.verdict, "libpango" in finding.do) == (Verdict.FAULT, True)


def run(monkeypatch, sound, *arguments, **other):
    settings = sound.settings.model_dump() | {"secret_key": GOOD_SECRET} | other
    for name in (
        "mode",
        "secret_key",
        "data",
        "database",
        "database_owner",
        "public_url",
        "proxies",
        "mail",
        "mail_from",
    ):
        monkeypatch.setenv(f"KUNNIG_{name.upper()}", str(settings[name]))
    return CliRunner().invoke(main, ["doctor", *arguments])


def test_the_command_ends_with_one_where_there_is_a_fault(sound, monkeypatch):
    well = run(monkeypatch, sound)
    assert well.exit_code == 0, well.output
    assert len(well.output.splitlines()) == len(CHECKS)
    assert "attention  security contact" in well.output
    ill = run(monkeypatch, sound, "--json", mail=f"smtp://127.0.0.1:{free_port()}")
    assert ill.exit_code == 1
    told = {each["check"]: each for each in json.loads(ill.output)}
    assert (told["mail"]["verdict"], told["mode"]["verdict"]) == ("fault", "ok")


def test_a_wrong_setting_is_all_that_is_told(sound, monkeypatch):
    ill = run(monkeypatch, sound, secret_key="short")
    assert (ill.exit_code, ill.output.startswith("fault      settings")) == (1, True)
    assert "short" not in ill.output
    assert run(monkeypatch, sound, database="nonsense").output.startswith("fault      settings")
