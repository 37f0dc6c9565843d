"""The doctor: what is wrong with this set-up and how to mend it. One small function a check, all in one list."""

import os
import secrets
import shutil
import sqlite3
import ssl
import stat
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy import text

import certificates
from lms.base.context import House, work
from lms.base.files import S3Files
from lms.base.findings import Finding, attention, fault, ok
from lms.base.heartbeat import workers_alive
from lms.base.migrate import Schema, schema
from lms.base.outbox import backlog, sending
from lms.base.row_security import isolation_fault
from lms.base.settings import SECRETS
from lms.base.turns import LONGEST_WAIT
from lms.jobs.mail import connect
from lms.jobs.outgoing import connected
from lms.jobs.papers import unusable_keys
from lms.messages.push_sealing import public_key
from lms.register.recount import drifted_lately

GB = 1 << 30
OLDEST_SQLITE = (3, 35)  # RETURNING
WISHED_SQLITE = (3, 40)
OLDEST_POSTGRESQL = 15
APART = timedelta(minutes=1)  # clocks further apart than this are worth a word; S3 refuses at 15 minutes
LATE = timedelta(minutes=10)  # a task due for longer waits for a worker that is not there
DIFFERENT = 12  # characters, at least, in a secret made by chance
OF_THE_NET = ("nfs", "cifs", "smb", "9p", "ceph", "glusterfs", "afs", "lustre", "fuse.")
PASSING = ("overlay", "tmpfs", "ramfs")


def examine(house: House) -> Iterator[tuple[str, Finding]]:
    """Every check and what it found; a check that breaks is a fault too, with the advice beside it in the list."""
    for name, check, advice in CHECKS:
        try:
            yield name, check(house)
        except Exception as error:  # noqa: BLE001  (whatever it is, the operator has to hear of it)
            said = str(error).strip().partition("\n")[0][:200]
            yield name, fault(f"{type(error).__name__}: {said}", advice)


def _mode(house: House) -> Finding:
    if house.settings.is_demo:
        return attention(
            "the demo: its mail can be opened by everybody", "KUNNIG_MODE=production for real use"
        )
    return ok("production")


def _secret(house: House) -> Finding:
    secret = house.settings.secret_key.get_secret_value()
    if len(set(secret)) < DIFFERENT:
        return fault(
            f"made of {len(set(secret))} different characters, so it can be guessed",
            "KUNNIG_SECRET_KEY=$(python3 -c 'import secrets; print(secrets.token_hex(32))')",
        )
    return ok(f"{len(secret)} characters; keep a copy apart from the backups")


def _readable(house: House) -> Finding:
    folder = os.environ.get(SECRETS)
    private = [*(Path(folder).iterdir() if folder else ()), house.settings.data]
    for path in private:
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & stat.S_IRWXO:
            return attention(f"{path} is open to every user of this machine", f"chmod o-rwx {path}")
    return ok("others on this machine read neither data nor secrets")


def _public_url(house: House) -> Finding:
    address = urlsplit(house.settings.public_url)
    here = address.hostname in {"127.0.0.1", "localhost", "::1"}
    if address.scheme not in {"http", "https"} or not address.hostname or address.path or address.query:
        return fault(
            f"{house.settings.public_url} is no address of a site", "KUNNIG_PUBLIC_URL=https://your.name"
        )
    if address.scheme == "http" or here:
        wrong = fault if not (here or house.settings.is_demo) else attention
        return wrong(
            f"{house.settings.public_url}: nobody else can reach it safely",
            "put a proxy with TLS in front; KUNNIG_PUBLIC_URL=https://your.name",
        )
    if not house.settings.proxies:
        return attention(
            f"{house.settings.public_url}, but no proxy is trusted: all people seem to come from one address",
            "KUNNIG_PROXIES=1, if one proxy stands in front",
        )
    return ok(house.settings.public_url)


def _data(house: House) -> Finding:
    folder = house.settings.data.resolve()
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"x")
        file.flush()
        os.fsync(file.fileno())
    kind = _kind_of_disk(folder)
    if kind.startswith(OF_THE_NET):
        if house.engine.dialect.name == "sqlite":
            return fault(f"{folder} lies on {kind}: SQLite loses data there", "a local disk, or PostgreSQL")
        return attention(
            f"{folder} lies on {kind}", "a local disk is quicker; only static files and counts are here"
        )
    if kind in PASSING:
        return attention(
            f"{folder} lies on {kind}: it goes with the container or the machine", "mount a volume there"
        )
    return ok(f"{folder} ({kind})")


def _kind_of_disk(folder: Path) -> str:
    """The kind of file system a folder lies on, by the nearest mount; empty where the system does not say."""
    table = Path("/proc/self/mounts")
    nearest, found = -1, ""
    for line in table.read_text().splitlines() if table.exists() else ():
        _device, mount, kind, *_options = line.split()
        mount = mount.replace("\\040", " ")
        if folder.is_relative_to(mount) and len(mount) >= nearest:  # a later mount lies over an earlier one
            nearest, found = len(mount), kind
    return found or "unknown disk"


def _space(house: House) -> Finding:
    disk = shutil.disk_usage(house.settings.data)
    free = f"{disk.free / GB:.1f} GB of {disk.total / GB:.1f} GB free"
    if disk.free < GB / 4:
        return fault(free, "make room now: a full disk stops all saving")
    if disk.free < GB or disk.free < disk.total / 20:
        return attention(free, "make room")
    return ok(free)


def _database(house: House) -> Finding:
    _must_be_there(house)
    return _sqlite(house) if house.engine.dialect.name == "sqlite" else _postgresql(house)


def _must_be_there(house: House) -> None:
    """Raise FileNotFoundError rather than make a SQLite file by asking it."""
    file = house.engine.url.database
    if house.engine.dialect.name == "sqlite" and file and not Path(file).exists():
        raise FileNotFoundError(f"{file} is not there")


def _sqlite(house: House) -> Finding:
    with house.engine.connect() as connection:
        journal = connection.scalar(text("PRAGMA journal_mode"))
        sound = connection.scalar(text("PRAGMA quick_check(1)"))
    version = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        return fault(f"SQLite {version} is too old", "SQLite 3.40 or newer: a newer Python or system")
    if sound != "ok":
        return fault(f"damaged: {sound}", "stop Kunnig, keep a copy of the file, restore the last backup")
    if journal != "wal":
        return fault(
            f"journal mode {journal}: readers and writers block each other", "put it on a local disk"
        )
    if sqlite3.sqlite_version_info < WISHED_SQLITE:
        return attention(f"SQLite {version} is old", "SQLite 3.40 or newer: a newer Python or system")
    return ok(f"SQLite {version}, WAL, quick check passed; a writer waits up to {LONGEST_WAIT} s")


def _postgresql(house: House) -> Finding:
    with house.engine.connect() as connection:
        version, number, encoding, zone, role, clock, owner = connection.execute(
            text(
                "SELECT current_setting('server_version'), current_setting('server_version_num')::int, "
                "current_setting('server_encoding'), current_setting('TimeZone'), current_user, clock_timestamp(), "
                "(SELECT tableowner FROM pg_tables "
                "WHERE tablename = 'alembic_version' AND schemaname = current_schema())"
            )
        ).one()
    apart = abs(datetime.now(UTC) - clock)
    if number < OLDEST_POSTGRESQL * 10_000:
        return fault(f"PostgreSQL {version} is too old", f"PostgreSQL {OLDEST_POSTGRESQL} or newer")
    if encoding != "UTF8":
        return fault(
            f"encoding {encoding} cannot hold all names", "a database WITH ENCODING 'UTF8'; move by backup"
        )
    if open_to := isolation_fault(house.engine):
        return attention(*open_to.split("; ", 1))
    if role == owner:
        return attention(
            f"the role {role} owns the tables, so it may do anything to them",
            "another role in KUNNIG_DATABASE, and this one in KUNNIG_DATABASE_OWNER for migrate and backup",
        )
    if apart > APART:
        return attention(f"its clock is {apart.total_seconds():.0f} s from ours", "set both by NTP")
    return ok(f"PostgreSQL {version}, {encoding}, time zone {zone}, role {role}")


def _migrations(house: House) -> Finding:
    _must_be_there(house)
    state = schema(house.engine)
    if state is Schema.BEHIND:
        return fault("older than this release, which does not start on it", "kunnig migrate")
    if state is Schema.AHEAD:
        return attention(
            "newer than this release, which runs on meanwhile", "start the newer release here too"
        )
    return ok("at the newest migration")


def _files(house: House) -> Finding:
    key, sent = f"doctor-{secrets.token_hex(8)}", secrets.token_bytes(1000)
    house.files.put(key, sent)
    got = house.files.get(key)
    house.files.delete(key)
    if got != sent or house.files.has(key):
        return fault("what was put there came back otherwise, or stayed", "another store")
    return ok(f"put, got and deleted a file in {house.settings.files or house.settings.files_folder}")


def _store_clock(house: House) -> Finding:
    if not isinstance(house.files, S3Files):
        return ok("files lie on this machine")
    apart = abs(datetime.now(UTC) - house.files.clock())
    if apart > APART:
        return attention(
            f"{apart.total_seconds():.0f} s from the store's; it refuses at 900 s", "set both by NTP"
        )
    return ok("agrees with the store's")


def _mail(house: House) -> Finding:
    settings = house.settings
    if not settings.mail:
        return attention(f"no server: mail is written to {settings.mail_folder}", "KUNNIG_MAIL=smtp://…")
    with connect(settings.mail) as server:
        server.noop()
        encrypted = isinstance(server.sock, ssl.SSLSocket)
    host = urlsplit(settings.mail).hostname
    if settings.mail_from == type(settings).model_fields["mail_from"].default:
        return attention(
            f"{host} answers, but the sender is {settings.mail_from}", "KUNNIG_MAIL_FROM='Kunnig <kunnig@…>'"
        )
    if not encrypted and host not in {"127.0.0.1", "localhost", "::1"}:
        return attention(f"{host} answers without encryption", "a server with STARTTLS, or smtps://")
    return ok(f"{host} answers{', encrypted' if encrypted else ''}; nothing was sent")


def _sms(house: House) -> Finding:
    gateway = house.settings.sms
    if not gateway:
        return ok("off; KUNNIG_SMS=https://… lets people choose it")
    with connected(gateway):
        return ok(f"{urlsplit(gateway).hostname} can be reached; nothing was sent")


def _push(house: House) -> Finding:
    key = house.settings.push_key.get_secret_value()
    if not key:
        return ok(
            "off; KUNNIG_PUSH_KEY, as `kunnig keys push` makes it, lets people choose notices on their phones"
        )
    public_key(key)
    if not house.settings.is_https:
        return attention("browsers take notices by https only", "KUNNIG_PUBLIC_URL=https://your.name")
    return ok("notices can be signed; the worker must reach push services by https")


def _pdf(house: House) -> Finding:
    content = certificates.CertificateContent(
        number=certificates.new_number(), holder_name="Åsa Øien", course_id="doctor", course_title="Kunnig doctor",
        country="SE", edition="1", edition_digest="0" * 64, outcomes=("Å ä ö æ ø",), language="sv", minutes=1,
        lessons=1, exam_items=1, pass_mark=1, achieved_on=date(2026, 1, 1), expires_on=None,
        issued_at=datetime(2026, 1, 1, tzinfo=UTC), issuer_name="Kunnig", look=next(iter(certificates.BANDS)),
    )  # fmt: skip
    made = certificates.render_pdf(content, f"{house.settings.public_url}/v/{content.number}")
    return ok(f"made a certificate of {len(made) // 1024} kB")


def _time_zones(_house: House) -> Finding:
    for name in ("Europe/Stockholm", "Europe/Oslo", "Europe/Helsinki"):
        ZoneInfo(name)
    return ok("known")


def _worker(house: House) -> Finding:
    _must_be_there(house)
    with work(house, writes=False) as ctx:
        alive = workers_alive(ctx.db, ctx.now)
    if not alive:
        return fault(
            "none was heard of: no mail and no certificate leaves the house", "start one: kunnig work"
        )
    return ok(f"{alive} at work")


def _outbox(house: House) -> Finding:
    _must_be_there(house)
    with work(house, writes=False) as ctx:
        left = backlog(ctx.db, ctx.now)
    minutes = left.oldest.total_seconds() / 60
    said = f"{left.due} due, the oldest for {minutes:.0f} min; {left.failed} failed and tried again"
    if left.oldest > LATE:
        return attention(said, "see that a worker runs, or start another: kunnig work")
    if left.failed:
        return attention(said, "the log of `kunnig work` tells why; look at mail and file store above")
    return ok(said)


def _letters(house: House) -> Finding:
    _must_be_there(house)
    with work(house, writes=False) as ctx:
        mail = sending(ctx.db, ctx.now)
    said = f"{mail.failed} wait after a failure, {mail.done} done in the last hour"
    match mail.trouble:
        case "failing":
            return fault(
                f"{said}: {mail.reason or 'no reason kept'}",
                "see mail above and the log of `kunnig work`; what waits is sent by itself when the server takes it",
            )
        case "waiting":
            return fault(f"{said}; the oldest waits too long", "start a worker: kunnig work")
    return ok(said)


def _ledger(house: House) -> Finding:
    _must_be_there(house)
    with work(house, writes=False) as ctx:
        found = drifted_lately(ctx.db, ctx.now)
    if found:
        return attention(
            f"not as its facts have it on {len(found)} of the last 30 days ({found[0]}), and put right",
            "kunnig register recount; and tell us: this is a fault of the program",
        )
    return ok("as its facts have it, day by day")


def _signing(house: House) -> Finding:
    _must_be_there(house)
    if sealed := unusable_keys(house):
        return fault(
            f"{len(sealed)} keys of certificates are sealed with another KUNNIG_SECRET_KEY: nothing can be signed",
            "set the one of before, or kunnig keys rotate --employer …: what they have signed stays genuine",
        )
    return ok("the keys that sign certificates can be used")


def _contact(house: House) -> Finding:
    if not house.settings.security_contact:
        return attention(
            "whoever finds a weakness is not told whom to tell", "KUNNIG_SECURITY_CONTACT=mailto:…"
        )
    return ok(f"security.txt names {house.settings.security_contact}")


def _accessibility(house: House) -> Finding:
    if not house.settings.accessibility_contact:
        return attention(
            "whoever cannot use a page is not told whom to tell", "KUNNIG_ACCESSIBILITY_CONTACT=mailto:…"
        )
    return ok(f"the accessibility statement names {house.settings.accessibility_contact}")


Check = Callable[[House], Finding]
SEE_DATABASE = "see database above"
CHECKS: tuple[tuple[str, Check, str], ...] = (  # name, check, what to do if the check itself breaks
    ("mode", _mode, ""),
    ("secret", _secret, ""),
    ("permissions", _readable, "let the user of Kunnig read its data and secrets"),
    ("public address", _public_url, "KUNNIG_PUBLIC_URL=https://your.name"),
    ("data folder", _data, "make the folder of KUNNIG_DATA, owned by the user of Kunnig"),
    ("free space", _space, "make the folder of KUNNIG_DATA"),
    ("database", _database, "see KUNNIG_DATABASE, and that the server runs; for a new place: kunnig migrate"),
    ("migrations", _migrations, SEE_DATABASE),
    (
        "file store",
        _files,
        "see KUNNIG_FILES and KUNNIG_S3_*: the keys must list, read, write and delete in the bucket",
    ),
    ("clock", _store_clock, "see file store above"),
    ("mail", _mail, "see KUNNIG_MAIL: name, port, user, password, and what the firewall lets out"),
    ("SMS", _sms, "see KUNNIG_SMS, and what the firewall lets out"),
    ("push", _push, "KUNNIG_PUSH_KEY=$(kunnig keys push)"),
    ("PDF", _pdf, "install Pango: apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"),
    ("time zones", _time_zones, "install kunnig again: tzdata is missing"),
    ("worker", _worker, SEE_DATABASE),
    ("outbox", _outbox, SEE_DATABASE),
    ("letters", _letters, SEE_DATABASE),
    ("ledger", _ledger, SEE_DATABASE),
    ("signing keys", _signing, SEE_DATABASE),
    ("security contact", _contact, ""),
    ("accessibility contact", _accessibility, ""),
)
