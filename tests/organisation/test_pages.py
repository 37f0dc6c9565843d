"""The pages of the organisation: what is shown, and the way of a staff list from upload to import."""

import io
import re

import pytest
from sqlalchemy import select

from lms.base.outbox import OutboxTask
from lms.jobs.uploads import forget_upload
from lms.organisation.uploads import KEPT
from tests.organisation.lists import HEAD, many, staff_list

IMPORT = "/org/people/import"
NEW = "77;Bo;Ek;Eken;Sjuksköterska;2026-03-01"


@pytest.fixture
def maria(sign_in, granvik):
    return sign_in(granvik, "maria")


def send(browser, data: bytes, **fields):
    return browser.post(IMPORT, data={"file": (io.BytesIO(data), "lista.csv"), **fields})


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
