"""A file that names somebody is withdrawn when their identity becomes protected, and made again without them."""

import pytest
from sqlalchemy import select, update

from lms.base.errors import NotFound
from lms.jobs.worker import work_off
from lms.organisation.models import Employment, Person
from lms.reports.actions import order_export, try_again
from lms.reports.narrowing import View
from lms.reports.queries import finished_file, own_files
from lms.reports.rules import may_name
from tests.learning.taking import assign, take
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


def made(town, kind="csv", who="maria"):
    with town.work(who) as ctx:
        public_id = order_export(ctx, View(), kind).public_id
    work_off(town.house)
    return public_id


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


def content(town, public_id):
    with town.work("maria", writes=False) as ctx:
        key, _name, _kind = finished_file(ctx, public_id)
        return ctx.house.files.get(key)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_is_withdrawn_when_somebody_in_it_becomes_protected_and_made_again_without_them(full, kind):
    public_id = made(full, kind)
    assert is_there(full, public_id)
    protect(full, "amina")
    assert not is_there(full, public_id)
    with full.work("maria") as ctx:
        try_again(ctx, public_id)
    with full.work("maria", writes=False) as ctx, pytest.raises(NotFound):
        finished_file(ctx, public_id)  # the old one is still in the store
    work_off(full.house)
    assert is_there(full, public_id)
    assert b"Yusuf" not in content(full, public_id)


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
    with full.work("maria") as ctx:
        try_again(ctx, public_id)
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
