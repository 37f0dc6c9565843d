"""How certificates look: tried, looked at, published; old certificates keep their look, others see nothing of it."""

import re
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pypdfium2
import pytest
from PIL import Image
from sqlalchemy import select

import certificates
from certificates.credential import read_layout
from lms.base.audit import AuditEntry
from lms.evidence.layout_previews import forget_layouts
from lms.evidence.layouts import NAMES, tried_key
from lms.evidence.models import CertificateLayout
from lms.jobs import papers
from lms.jobs.worker import tidy, work_off
from lms.organisation.models import Employer
from tests.learning.taking import assign, take
from tests.web.layouts import OWN, PAGE, newest_content, publish, tried, with_logo
from tests.web.lead_pages import text_of


@pytest.fixture
def maria(granvik, sign_in):
    """The browser of an officer of the whole municipality."""
    return sign_in(granvik, "maria")


def test_data_of_a_published_layout_are_there_for_whoever_makes_a_page_again(house, granvik, maria, client):
    assert maria.post(PAGE, data=OWN).status_code == 303
    only_tried = tried(granvik)[-1].name
    assert client.get(f"/e/granvik/layouts/{only_tried}.json").status_code == 404
    name = publish(house, granvik, maria, with_logo())
    answer = client.get(f"/e/granvik/layouts/{name}.json")
    assert read_layout(answer.data) == (name, answer.data)
    assert "immutable" in answer.headers["Cache-Control"]
    for nowhere in (
        f"/e/fjordvik/layouts/{name}.json",
        "/e/granvik/layouts/portrait-1.json",
        "/e/granvik/layouts/x.json",
    ):
        assert client.get(nowhere).status_code == 404
    house.files.delete(certificates.layout_key(name))
    assert client.get(f"/e/granvik/layouts/{name}.json").status_code == 404


def test_until_something_is_published_certificates_look_as_they_came(granvik, maria):
    page = text_of(maria.get(PAGE))
    assert "Stående" in page
    assign(granvik, "amina")
    take(granvik, "amina", right=12)
    assert newest_content(granvik)[1].layout == "portrait-1"


def test_a_layout_is_tried_looked_at_and_published(house, granvik, maria):
    of_it = maria.post(PAGE, data=with_logo()).location
    assert of_it == f"{PAGE}/{tried(granvik)[-1].public_id}"  # with a # browsers would not load it again
    waiting = maria.get(of_it)
    assert waiting.headers["Refresh"] == "3"
    assert "/publish" not in waiting.text
    work_off(house)
    page = maria.get(of_it)
    assert "Refresh" not in page.headers
    pictures = re.findall(rf'src="({PAGE}/[^"]+\.png)" alt="([^"]+)"', page.text)
    assert [alt.partition(": ")[2] for _src, alt in pictures] == list(NAMES.values())
    for address, alt in pictures:
        picture = Image.open(BytesIO(maria.get(address).data))
        assert picture.size == (1123, 794)
        document = pypdfium2.PdfDocument(maria.get(address.replace(".png", ".pdf")).data)
        assert len(document) == 1
        text = document[0].get_textpage().get_text_range().replace("\ufffe", "-").replace("\r\n", " ")
        assert alt.partition(": ")[2].split()[-1].replace("-", "") in text.replace("-", "").replace(" ", "")
    (form,) = re.findall(rf'action="({PAGE}/[^"]+/publish)"', page.text)
    assert maria.post(form).location == f"{PAGE}?published=1"
    assert 'name="text_colour" type="color" value="#0b4f8a"' in maria.get(PAGE).text
    with granvik.inside() as ctx:
        noted = ctx.db.scalars(
            select(AuditEntry.action)
            .where(AuditEntry.action.like("certificate_layout.%"))
            .order_by(AuditEntry.id)
        )
        assert list(noted) == ["certificate_layout.tried", "certificate_layout.published"]


def test_new_certificates_take_it_and_old_ones_keep_theirs(house, granvik, maria):
    assign(granvik, "amina", "farid")
    take(granvik, "amina", right=12)
    work_off(house)
    old_id, old = newest_content(granvik)
    before = house.files.get(certificates.pdf_key(old))
    name = publish(house, granvik, maria, with_logo())
    take(granvik, "farid", right=12)
    work_off(house)
    _new_id, new = newest_content(granvik)
    assert new.layout == name
    made = house.files.get(certificates.pdf_key(new))
    width, height = pypdfium2.PdfDocument(made)[0].get_size()
    assert width > height
    house.files.delete(certificates.pdf_key(old))  # lost, and made again
    with granvik.inside() as ctx:
        employer = ctx.employer_id
    papers.render_certificate(house, employer, {"certificate_id": old_id})
    assert house.files.get(certificates.pdf_key(old)) == before


def test_a_certificate_whose_layout_is_lost_is_not_made_otherwise(house, granvik, maria):
    name = publish(house, granvik, maria, with_logo())
    assign(granvik, "amina")
    take(granvik, "amina", right=12)
    house.files.delete(certificates.layout_key(name))
    certificate_id, content = newest_content(granvik)
    with granvik.inside() as ctx:
        employer = ctx.employer_id
    with pytest.raises(certificates.LayoutError, match=f"the data of {name} are missing"):
        papers.render_certificate(house, employer, {"certificate_id": certificate_id})
    assert not house.files.has(certificates.pdf_key(content))


def test_back_to_the_shipped_look_and_what_was_before_is_told(house, granvik, maria):
    publish(house, granvik, maria, with_logo())
    assert publish(house, granvik, maria, {"base": "portrait-1", "colours": "course"}) == "portrait-1"
    page = text_of(maria.get(PAGE))
    now, before = page.split("Tidigare")
    assert "Stående · utan logotyp · kursens färger" in now
    assert "Liggande · med logotyp · egna färger" in before
    assert "Maria Holm" in before


def test_a_logo_stays_unless_it_is_taken_away(house, granvik, maria):
    maria.post(PAGE, data=with_logo())
    maria.post(PAGE, data=OWN | {"keeps_logo": "1", "band_colour": "#27608f"})
    maria.post(PAGE, data=OWN)
    assert [each.has_logo for each in tried(granvik)] == [True, True, False]


def test_nothing_is_published_that_nobody_could_look_at(granvik, maria):
    maria.post(PAGE, data=OWN)
    (draft,) = tried(granvik)
    assert maria.post(f"{PAGE}/{draft.public_id}/publish").status_code == 409


def test_it_is_not_for_others(house, granvik, fjordvik, sign_in, maria):
    maria.post(PAGE, data=OWN)
    work_off(house)
    (draft,) = tried(granvik)
    addresses = (PAGE, f"{PAGE}/{draft.public_id}/sami.png")
    assert [sign_in(granvik, "admin").get(each).status_code for each in addresses] == [200, 200]
    assert [sign_in(granvik, "karin").get(each).status_code for each in addresses] == [404, 404]
    stranger = sign_in(fjordvik, "siri")
    assert stranger.get(addresses[1]).status_code == 404
    assert stranger.post(f"{PAGE}/{draft.public_id}/publish").status_code == 404
    assert maria.get(f"{PAGE}/{draft.public_id}/nobody.png").status_code == 404
    assert maria.get(f"{PAGE}/{draft.public_id}/sami.exe").status_code == 404


def kept_of_tries(house):
    """How many files of each layout lie beside the pages of its preview."""
    return Counter(key.split("/")[2] for key in house.files.all_keys() if key.startswith("previews/"))


def test_what_was_tried_only_is_forgotten_and_what_was_published_stays(house, granvik, maria):
    name = publish(house, granvik, maria, with_logo())
    for band in ("#8a1c2c", "#27608f"):
        maria.post(PAGE, data=OWN | {"band_colour": band})
    work_off(house)
    published, beside, last = (str(each.public_id) for each in tried(granvik))
    pages = 2 * len(NAMES)
    whole = {published: pages + 1, beside: 1, last: pages + 1}
    now = datetime.now(UTC)
    for days, kept in (
        (0.9, whole),
        (1.1, {published: pages + 1, last: pages + 1}),
        (13.9, {published: pages + 1, last: pages + 1}),
        (14.1, {published: pages + 1}),
    ):
        tidy(house, now + timedelta(days=days))
        assert [str(each.public_id) for each in tried(granvik)] == list(kept)
        assert kept_of_tries(house) == kept
    assert [key for key in house.files.all_keys() if key.startswith("layouts/")] == [
        certificates.layout_key(name)
    ]


def test_what_one_employer_forgets_another_that_tried_the_same_still_has(
    house, granvik, fjordvik, maria, sign_in
):
    maria.post(PAGE, data=OWN)
    tidy(house, datetime.now(UTC) + timedelta(days=15))
    name = publish(house, fjordvik, sign_in(fjordvik, "siri"), OWN)
    maria.post(PAGE, data=OWN)
    tidy(house, datetime.now(UTC) + timedelta(days=15))
    assert house.files.has(certificates.layout_key(name))


def test_one_that_is_being_published_is_not_forgotten(house, granvik, maria):
    maria.post(PAGE, data=OWN)
    (draft,) = tried(granvik)
    forgotten = []

    def forget():
        with granvik.inside(writes=True, now=datetime.now(UTC) + timedelta(days=15)) as ctx:
            forgotten.append(forget_layouts(ctx, 10))

    with granvik.inside(writes=True) as ctx:
        ctx.open(CertificateLayout, draft.public_id, lock=True).published_at = ctx.now
        other = threading.Thread(target=forget)
        other.start()
        other.join(0.5)
        assert other.is_alive()
    other.join()
    assert forgotten == [0]
    assert len(tried(granvik)) == 1


def test_what_was_tried_and_is_lost_is_not_published(house, granvik, maria):
    maria.post(PAGE, data=OWN)
    work_off(house)
    (draft,) = tried(granvik)
    house.files.delete(tried_key(draft.employer_id, draft.public_id))
    answer = maria.post(f"{PAGE}/{draft.public_id}/publish")
    assert answer.status_code == 409
    assert "går inte att läsa längre" in text_of(answer)
    with granvik.inside() as ctx:
        assert ctx.db.get_one(Employer, granvik.employer_id).certificate_layout == "portrait-1"


@pytest.mark.parametrize("data", [None, b"{}"])
def test_when_data_are_lost_the_page_says_so_and_another_look_can_be_tried(house, granvik, maria, data):
    key = certificates.layout_key(publish(house, granvik, maria, with_logo()))
    house.files.delete(key) if data is None else house.files.put(key, data)
    page = maria.get(PAGE)
    assert page.status_code == 200
    assert "går inte att läsa" in text_of(page)
    assert "keeps_logo" not in page.text
    refused = maria.post(PAGE, data=OWN | {"keeps_logo": "1"})
    assert refused.status_code == 422
    assert "Välj den igen" in text_of(refused)
    publish(house, granvik, maria, OWN)
    assert "går inte att läsa" not in text_of(maria.get(PAGE))


def test_of_several_tries_only_the_last_is_drawn(house, granvik, maria):
    for band in ("#8a1c2c", "#27608f", "#1a6763"):
        maria.post(PAGE, data=OWN | {"band_colour": band})
    work_off(house)
    assert [each.previewed_at is not None for each in tried(granvik)] == [False, False, True]
    assert sorted(kept_of_tries(house).values()) == [1, 1, 2 * len(NAMES) + 1]
