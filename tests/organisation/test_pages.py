"""The pages of the organisation: what is shown, and the way of a staff list from upload to import."""

import io
import re

import pytest
from sqlalchemy import select

from lms.base.outbox import OutboxTask
from lms.jobs.uploads import forget_upload
from lms.organisation.uploads import KEPT
from tests.organisation.lists import HEAD, many, staff_list
from tests.organisation.test_intake_everybody import STAFF
from tests.organisation.workbooks import HEAD as WORKBOOK_HEAD
from tests.organisation.workbooks import NEW as WORKBOOK_LINE
from tests.organisation.workbooks import ods, xlsx

IMPORT = "/org/people/import"
NEW = "77;Bo;Ek;Eken;Sjuksköterska;2026-03-01"


@pytest.fixture
def maria(sign_in, granvik):
    return sign_in(granvik, "maria")


def send(browser, data: bytes, **fields):
    return browser.post(IMPORT, data={"file": (io.BytesIO(data), "lista.csv"), **fields})


def send_workbook(browser, data: bytes, name: str, **fields):
    return browser.post(IMPORT, data={"file": (io.BytesIO(data), name), **fields})


def confirm(browser, address, **fields):
    page = browser.get(address).text
    digest = re.search(r'name="digest" value="(\w+)"', page)
    return browser.post(address.split("?")[0], data={"digest": digest[1] if digest else "", **fields})


def kept_files(house):
    folder = house.settings.files_folder / "imports"
    return [path for path in folder.rglob("*") if path.is_file()] if folder.exists() else []


def test_tree_and_list(maria):
    tree = maria.get("/org")
    assert tree.status_code == 200
    assert "Björken" in tree.text
    listed = maria.get("/org/people")
    assert "Yusuf, Amina" in listed.text
    assert "Nes, Kari" not in listed.text


@pytest.mark.parametrize("query", ["?text=amina", "?text=1001&unit=", "?unit=x&text=Amina"])
def test_list_is_narrowed_by_the_address(maria, query):
    page = maria.get("/org/people" + query).text
    assert "Yusuf, Amina" in page
    assert "Rahimi" not in page


def test_from_upload_to_import(maria, house):
    sent = send(maria, staff_list(NEW))
    assert sent.status_code == 303
    assert len(kept_files(house)) == 1
    preview = maria.get(sent.location)
    assert "Bo Ek" in preview.text
    assert "Ek, Bo" not in maria.get("/org/people").text
    done = confirm(maria, sent.location)
    assert done.status_code == 303
    assert "Ek, Bo" in maria.get(done.location).text
    assert kept_files(house) == []
    assert maria.get(sent.location).status_code == 404


def test_file_with_faults_cannot_be_imported(maria):
    sent = send(maria, staff_list(NEW, "78;Eva;Ek;Eken;=kock;2026-03-01"))
    page = maria.get(sent.location).text
    assert 'name="digest"' in page
    assert maria.post(sent.location, data={"digest": ""}).status_code == 409
    assert "Ek, Bo" not in maria.get("/org/people").text
    faults = maria.get(sent.location + "/faults.csv")
    assert faults.data.startswith(b"\xef\xbb\xbf")
    lines = faults.data.decode("utf-8-sig").split("\r\n")
    assert len(lines) == 3
    assert lines[1].startswith("3;")
    assert "=kock" in lines[1]
    assert not lines[1].split(";")[2].startswith("=")


@pytest.mark.parametrize(("make", "name"), [(xlsx, "lista.xlsx"), (ods, "lista.ods")])
def test_workbook_from_upload_to_import(maria, make, name):
    sent = send_workbook(maria, make([WORKBOOK_HEAD, WORKBOOK_LINE]), name)
    assert "Bo Ek" in maria.get(sent.location).text
    assert "Ek, Bo" in maria.get(confirm(maria, sent.location).location).text


def test_bad_workbook_is_told_and_changes_nothing(maria):
    sent = send_workbook(maria, xlsx([WORKBOOK_HEAD])[:2000], "lista.xlsx")
    page = maria.get(sent.location).text
    assert "Arbetsboken är skadad" in page
    assert "Öppna den i ett kalkylprogram" in page
    assert maria.post(sent.location, data={"digest": ""}).status_code == 409


def test_faults_are_a_list_with_what_to_do(maria):
    sent = send(maria, staff_list("78;Eva;Ek;Eken;=kock;2026-03-01", ";A;B;Eken;usk;x"))
    lines = maria.get(sent.location + "/faults.csv").data.decode("utf-8-sig").split("\r\n")
    assert lines[0] == "Rad;Kolumn;Vad som är fel;Vad du kan göra"
    assert [line.split(";")[:2] for line in lines[1:4]] == [
        ["2", "Roll"],
        ["3", "Anställningsnummer"],
        ["3", "Första dag"],
    ]
    assert lines[1].split(";")[2].startswith("'=kock")
    assert "Undersköterska" in lines[1].split(";")[3]


def test_list_of_everybody_shows_whom_it_ends(maria, take_in):
    take_in(many(10))
    data = staff_list(*many(10).decode().split("\r\n")[1:9], head=HEAD + ";E-post;Procent")
    staff = "\r\n".join(f"{line};;" for line in STAFF).encode()
    sent = send(maria, data + staff, everybody="1")
    page = maria.get(sent.location).text
    assert "everybody=1" in sent.location
    assert "2 anställningar avslutas" in page
    assert "Given9 Family9" in page
    done = confirm(maria, sent.location, everybody="1")
    assert "imported=2" in done.location
    assert "Family9, Given9" not in maria.get("/org/people").text


def test_list_that_ends_too_many_offers_the_other_way(maria):
    sent = send(maria, staff_list(STAFF[0]), everybody="1")
    page = maria.get(sent.location).text
    assert "6/7" in page
    other = re.search(rf'href="({re.escape(sent.location.split("?")[0])})"[^>]*>Lämna dem', page)
    assert other
    assert "6/7" not in maria.get(other[1]).text


def test_import_is_undone_from_the_list_of_people(maria, sign_in, granvik):
    done = confirm(maria, send(maria, staff_list(NEW)).location)
    page = maria.get(done.location).text
    address = re.search(r'href="(/org/people/imports/[^"]+/undo)"', page)[1]
    assert re.search(r"Ångra importen den .* kl\.\xa0\d\d\.\d\d \(1 ändring\)", page)
    assert "1 person blir som före importen." in maria.get(address).text
    assert "Ek, Bo" in maria.get("/org/people").text
    for town, who in ((granvik, "amina"), (granvik, "karin")):
        assert sign_in(town, who).post(address).status_code == 404
    undone = maria.post(address)
    assert undone.status_code == 303
    page = maria.get(undone.location).text
    assert "Importen är ångrad." in page
    assert "Ek, Bo" not in page
    assert maria.post(address).status_code == 409
    assert "redan ångrad" in maria.get(address).text


def test_file_given_up_is_removed(maria, house):
    sent = send(maria, staff_list(NEW))
    assert maria.post(sent.location, data={"give_up": "1"}).status_code == 303
    assert kept_files(house) == []


def test_file_nobody_comes_back_to_is_removed_by_the_worker(maria, house, granvik):
    send(maria, staff_list(NEW))
    with granvik.work("maria", writes=False) as ctx:
        task = ctx.db.scalars(select(OutboxTask).where(OutboxTask.kind == "forget_upload")).one()
        assert task.due_at - task.created_at == KEPT
    for _twice in range(2):
        assert forget_upload(house, task.employer_id, task.ids) == "done"
        assert kept_files(house) == []


def test_file_with_personal_numbers_is_not_kept_and_they_are_not_shown(maria, house):
    page = send(maria, staff_list("77;Bo;Ek 811228-9874;Eken;usk;2026-03-01"))
    assert page.status_code == 422
    assert "9874" not in page.text
    assert kept_files(house) == []


def test_nothing_chosen(maria):
    page = maria.post(IMPORT, data={})
    assert page.status_code == 422
    assert "aria-invalid" in page.text


def test_units_of_the_list_are_made_when_ticked(maria, granvik):
    data = staff_list("77;Bo;Ek;Granvik > Natt;usk;2026-03-01")
    refused = send(maria, data)
    assert "create_units=1" in maria.get(refused.location).text
    sent = send(maria, data, create_units="1")
    assert confirm(maria, sent.location, create_units="1").status_code == 303
    assert granvik.unit("Natt").parent_id == granvik.unit("Granvik").id


def test_preview_that_no_longer_holds_is_shown_again(maria, take_in):
    sent = send(maria, staff_list(NEW))
    maria.get(sent.location)
    take_in(staff_list(NEW))
    assert maria.post(sent.location, data={"digest": "0"}).status_code == 409


def test_long_list_is_shown_in_part(maria):
    sent = send(maria, many(120))
    first = maria.get(sent.location).text
    assert first.count("<tr") == 51
    assert "all=1" in first
    assert maria.get(sent.location + "?all=1").text.count("<tr") == 121


def test_preview_belongs_to_who_sent_it(maria, sign_in, granvik, fjordvik):
    sent = send(maria, staff_list(NEW))
    for town, who in ((granvik, "admin"), (granvik, "amina"), (granvik, "karin"), (fjordvik, "siri")):
        other = sign_in(town, who)
        assert other.get(sent.location).status_code == 404
        assert other.get(sent.location + "/faults.csv").status_code == 404
        assert other.post(sent.location, data={"digest": ""}).status_code == 404


@pytest.mark.parametrize("who", ["amina", "karin"])
@pytest.mark.parametrize("address", ["/org", "/org/people", IMPORT])
def test_pages_are_not_there_for_staff_and_leads(sign_in, granvik, who, address):
    assert sign_in(granvik, who).get(address).status_code == 404


def test_few_statements_a_page(maria, statements):
    sent = send(maria, staff_list(NEW, head=HEAD))
    for address in ("/org", "/org/people", "/org/people?text=a", IMPORT, sent.location):
        with statements() as counted:
            assert maria.get(address).status_code == 200
        assert len(counted) <= 6, address
