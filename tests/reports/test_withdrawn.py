"""A file that names somebody is withdrawn when their identity becomes protected, and made again without them."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from lms.base.errors import NotFound
from lms.jobs import exports
from lms.jobs.worker import work_off
from lms.organisation.models import Employment, Person
from lms.register.queries import EVERYTHING, Filter
from lms.reports.actions import order_export, try_again
from lms.reports.narrowing import View
from lms.reports.queries import finished_file, own_files
from lms.reports.rules import KEPT, may_name
from tests.learning.taking import assign, take
from tests.reports.file_words import words_in
from tests.reports.test_jobs import grant_officer
from tests.web.staff_pages import counted, shown

KINDS = ("csv", "xlsx", "pdf", "certificates-zip", "certificates-pdf")


@pytest.fixture
def full(granvik):
    """Amina, Farid and Hodan stand in the register, Amina and Farid with a certificate."""
    assign(granvik, "amina", "farid")
    assign(granvik, "hodan", by="jonas")
    for name in ("amina", "farid"):
        take(granvik, name, right=12)
    work_off(granvik.house)
    return granvik


def order(town, kind="csv", who="maria", narrowed=EVERYTHING):
    with town.work(who) as ctx:
        return order_export(ctx, View(narrowed), kind).public_id


def made(town, kind="csv", who="maria", narrowed=EVERYTHING):
    public_id = order(town, kind, who, narrowed)
    work_off(town.house)
    return public_id


def make_again(town, public_id):
    with town.work("maria") as ctx:
        try_again(ctx, public_id)


def protect(town, name, *, protected=True):
    with town.inside(writes=True) as ctx:
        ctx.db.execute(update(Person).where(Person.id == town.person(name).id).values(protected=protected))


def is_there(town, public_id, who="maria"):
    """Whether the file is handed out; the list of files says the same."""
    with town.work(who, writes=False) as ctx:
        (file,) = (each for each in own_files(ctx) if each.public_id == public_id)
        try:
            finished_file(ctx, public_id)
        except NotFound:
            assert file.is_withdrawn
            return False
        assert not file.is_withdrawn
        return True


def words(town, public_id):
    """All text of a file that is handed out."""
    with town.work("maria", writes=False) as ctx:
        key, _name, kind = finished_file(ctx, public_id)
        return words_in(ctx.house.files.get(key), kind)


def stored(town):
    return [key for key in town.house.files.all_keys() if key.startswith("exports/")]


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_is_withdrawn_when_somebody_in_it_becomes_protected_and_made_again_without_them(full, kind):
    public_id = made(full, kind)
    assert is_there(full, public_id)
    assert "Yusuf" in words(full, public_id)
    protect(full, "amina")
    assert not is_there(full, public_id)
    make_again(full, public_id)
    with full.work("maria", writes=False) as ctx, pytest.raises(NotFound):
        finished_file(ctx, public_id)  # the old one is still in the store
    work_off(full.house)
    assert is_there(full, public_id)
    assert "Rahimi" in words(full, public_id)
    assert "Yusuf" not in words(full, public_id)
    assert len(stored(full)) == 1


def store_late(town, monkeypatch, public_id, meanwhile):
    """Let a worker write a file, and store it after something has happened."""
    store = type(town.house.files)
    real = store.upload

    def late(files, key, file):
        monkeypatch.setattr(store, "upload", real)
        meanwhile()
        real(files, key, file)

    monkeypatch.setattr(store, "upload", late)
    exports.make_export(town.house, town.employer_id, {"export": str(public_id)})


def test_who_stores_late_does_not_put_a_name_back(full, monkeypatch):
    public_id = order(full)

    def taken_over():
        protect(full, "amina")
        work_off(full.house)
        assert "Yusuf" not in words(full, public_id)

    store_late(full, monkeypatch, public_id, taken_over)
    assert is_there(full, public_id)
    assert "Rahimi" in words(full, public_id)
    assert "Yusuf" not in words(full, public_id)
    assert len(stored(full)) == 1


def test_who_stores_late_does_not_finish_a_file_that_is_made_again(full, monkeypatch):
    public_id = order(full)

    def taken_over_and_asked_for_again():
        work_off(full.house)
        protect(full, "amina")
        make_again(full, public_id)

    store_late(full, monkeypatch, public_id, taken_over_and_asked_for_again)
    work_off(full.house)
    assert is_there(full, public_id)
    assert "Yusuf" not in words(full, public_id)
    assert len(stored(full)) == 1


def test_a_file_of_a_worker_that_was_killed_when_it_was_stored_goes_too(full, monkeypatch):
    class Killed(BaseException):
        pass

    def killed(*_arguments):
        raise Killed

    public_id = order(full)
    with monkeypatch.context() as patched:
        patched.setattr(exports.making, "finish_job", killed)
        with pytest.raises(Killed):
            exports.make_export(full.house, full.employer_id, {"export": str(public_id)})
    work_off(full.house)
    assert is_there(full, public_id)
    assert len(stored(full)) == 2
    work_off(full.house, ahead=KEPT + timedelta(minutes=1))
    assert stored(full) == []


@pytest.mark.parametrize("kind", ["xlsx", "pdf"])
def test_a_file_does_not_repeat_what_was_searched(full, kind):
    public_id = made(full, kind, narrowed=Filter(text="Yusuf"))
    assert "Avgränsat genom en sökning" in words(full, public_id)
    assert "Yusuf" in words(full, public_id)  # in her row
    protect(full, "amina")
    make_again(full, public_id)
    work_off(full.house)
    assert "Yusuf" not in words(full, public_id)


@pytest.mark.parametrize("kind", KINDS)
def test_who_was_protected_when_it_was_made_withdraws_nothing(full, kind):
    protect(full, "amina")
    public_id = made(full, kind)
    assert is_there(full, public_id)
    protect(full, "hodan")
    assert not is_there(full, public_id)


def test_who_becomes_protected_elsewhere_withdraws_nothing(full, fjordvik):
    grant_officer(full, "karin", "Björken")
    own, whole = made(full, who="karin"), made(full)
    protect(fjordvik, "kari")
    assert is_there(full, whole)
    protect(full, "hodan")  # of Eken
    assert is_there(full, own, "karin")
    assert not is_there(full, whole)
    protect(full, "farid")
    assert not is_there(full, own, "karin")


def test_who_has_left_a_unit_stands_in_its_old_files(full):
    grant_officer(full, "karin", "Björken")
    public_id = made(full, who="karin")
    with full.inside(writes=True) as ctx:
        amina = Employment.person_id == full.person("amina").id
        ctx.db.execute(update(Employment).where(amina).values(superseded_at=ctx.now))
        post = ctx.db.scalars(select(Employment).where(amina)).first()
        moved = {key: value for key, value in vars(post).items() if not key.startswith("_")}
        eken = {"unit_id": full.unit("Eken").id, "superseded_at": None}
        ctx.db.add(Employment(**{**moved, **eken, "id": None, "public_id": None}))
    protect(full, "amina")
    assert not is_there(full, public_id, "karin")


def test_a_file_that_is_not_withdrawn_is_not_made_again(full):
    public_id = made(full)
    make_again(full, public_id)
    assert is_there(full, public_id)


@pytest.mark.parametrize(
    ("reached", "unnamed", "protected", "verdict"),
    [
        (["/"], set(), {}, False), (["/"], set(), {7: set()}, True), (["/"], {7}, {7: {1}}, False),
        (["/1/", "/1/4/"], set(), {7: {4}}, True), (["/1/", "/1/4/"], set(), {7: {5}}, False),
        (["/1/4/"], {7}, {7: {4}, 8: {4, 5}}, True), (["/1/44/"], set(), {7: {4}}, False),
    ],
)  # fmt: skip
def test_whom_a_file_may_name(reached, unnamed, protected, verdict):
    assert may_name(reached, unnamed, protected) is verdict


def test_the_page_says_why_it_is_gone_and_offers_it_anew(full, english):
    public_id = made(full)
    browser = english("maria")
    address = f"/register/files/{public_id}"
    assert browser.get(address).status_code == 200
    protect(full, "amina")
    page = browser.get("/register/files")
    assert "has been given a protected identity" in shown(page)
    assert f'href="{address}"' not in page.text
    assert f'action="{address}/again"' in page.text
    assert browser.get(address).status_code == 404
    browser.post(f"{address}/again")
    work_off(full.house)
    assert "protected identity. The file" not in shown(browser.get("/register/files"))
    assert b"Yusuf" not in browser.get(address).data


def test_files_are_listed_by_two_statements(full, house):
    for _each in range(3):
        made(full)
    with full.work("maria", writes=False) as ctx, counted(house) as sent:
        assert len(own_files(ctx)) == 3
    assert len(sent) == 2
