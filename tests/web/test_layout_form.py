"""The form in which a look of certificates is tried: what it holds, what it refuses, who signs, own templates."""

import html
import re
from datetime import timedelta
from io import BytesIO

import pypdfium2
import pytest

import certificates
from lms.base.migrate import migrate
from lms.base.row_security import make_owner_engine
from lms.evidence.layouts import NAMES
from lms.evidence.models import CertificateLayout, CertificateRow
from lms.jobs.worker import work_off
from lms.organisation.models import Employer
from tests.certificates.pictures import coat_of_arms
from tests.learning.taking import assign, take
from tests.older import downgrade
from tests.web.layouts import OWN, PAGE, newest_content, publish, tried, with_logo
from tests.web.lead_pages import text_of


@pytest.fixture
def maria(granvik, sign_in):
    """The browser of an officer of the whole municipality."""
    return sign_in(granvik, "maria")


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"base": "square-1"}, "Välj"),
        (OWN | {"band_colour": "#f2a33a"}, "För ljus"),
        (OWN | {"text_colour": "red;}"}, "Välj en färg"),
        (OWN | {"text_colour": ""}, "Välj båda färgerna"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(granvik, maria, form, said):
    answer = maria.post(PAGE, data=form)
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert tried(granvik) == []


def test_the_page_with_the_form_holds_what_was_tried_and_never_loads_itself_again(house, granvik, maria):
    maria.post(PAGE, data=with_logo(signatory_name=" Åse   Øst ", signatory_title="MAS"))
    for _made in range(2):
        page = maria.get(PAGE)
        assert "Refresh" not in page.headers
        for held in (
            'value="landscape-1" checked',
            'value="own" checked',
            'name="text_colour" type="color" value="#0b4f8a"',
            'name="signatory_name" type="text" value="Åse Øst"',
            'name="signatory_title" type="text" value="MAS"',
            'name="keeps_logo" value="1" checked',
            f'href="{PAGE}/{tried(granvik)[-1].public_id}"',
        ):
            assert held in page.text
        work_off(house)


def test_colours_count_only_if_own_ones_were_chosen(granvik, maria):
    maria.post(PAGE, data=OWN | {"colours": "course"})
    (draft,) = tried(granvik)
    assert (draft.band_colour, draft.text_colour) == (None, None)


def test_what_is_tried_says_how_far_its_pages_are(house, granvik, maria, monkeypatch):
    first, last = (
        maria.post(PAGE, data=OWN | {"band_colour": band}).location for band in ("#8a1c2c", "#27608f")
    )
    with monkeypatch.context() as broken:
        broken.setattr("certificates.render_sample", lambda _order: 1 / 0)
        work_off(house)
    assert "gick inte att göra" in text_of(maria.get(last))
    page = maria.get(first)
    assert "Något annat provades" in text_of(page)
    assert "Refresh" not in page.headers
    work_off(house, ahead=timedelta(minutes=5))
    assert "Publicera" in text_of(maria.get(last))
    with granvik.inside(writes=True) as ctx:
        newest = ctx.open(CertificateLayout, tried(granvik)[-1].public_id)
        newest.previewed_at, newest.created_at = None, ctx.now - timedelta(minutes=3)
    page = maria.get(last)
    assert "längre tid än vanligt" in text_of(page)
    assert "Refresh" not in page.headers


def test_who_signs_is_published_with_the_look_and_old_certificates_keep_theirs(house, granvik, maria):
    assign(granvik, "amina", "farid")
    take(granvik, "amina", right=12)
    old_id, old = newest_content(granvik)
    form = {"base": "portrait-1", "colours": "course"}
    publish(house, granvik, maria, form | {"signatory_name": "Áŋŋel Čáhcesuolu", "signatory_title": "MAS"})
    take(granvik, "farid", right=12)
    _id, new = newest_content(granvik)
    assert (new.signatory_name, new.signatory_title) == ("Áŋŋel Čáhcesuolu", "MAS")
    with granvik.inside() as ctx:
        kept = ctx.db.get_one(CertificateRow, old_id).content
    assert certificates.from_canonical(kept.encode()) == old
    assert old.signatory_name != new.signatory_name
    address = f"{PAGE}/{tried(granvik)[-1].public_id}"
    pdf = pypdfium2.PdfDocument(maria.get(f"{address}/sami.pdf").data)
    assert "Áŋŋel Čáhcesuolu, MAS" in pdf[0].get_textpage().get_text_range()
    publish(house, granvik, maria, form)
    page = text_of(maria.get(PAGE))
    now, before = page.split("Tidigare")
    assert "Utan namn på någon som undertecknar" in now
    assert "Undertecknas av Áŋŋel Čáhcesuolu, MAS" in before
    assert "Undertecknas av Áŋŋel Čáhcesuolu, MAS" in text_of(maria.get(address))
    assert "Publicera" not in text_of(maria.get(address)).replace("Publicerat utseende", "")


@pytest.mark.parametrize("base", ["portrait-1", "landscape-1"])
@pytest.mark.parametrize("name", ["Brzęczyszczykiewicz-Hohenzollern-Sigmaringen", "Bo Ek"])
def test_the_longest_signatory_leaves_the_longest_certificate_on_one_page(house, maria, base, name):
    title = ("medicinskt ansvarig sjuksköterska och kvalitetschef i äldreomsorgen" * 2)[: 80 - len(name)]
    form = OWN | {"base": base, "signatory_name": name, "signatory_title": title.strip()}
    of_it = maria.post(PAGE, data=form).location
    work_off(house)
    assert len(pypdfium2.PdfDocument(maria.get(f"{of_it}/longest.pdf").data)) == 1


def test_what_needs_two_sheets_is_said(house, granvik, maria):
    maria.post(PAGE, data=OWN)
    work_off(house)
    assert tried(granvik)[-1].on_two == []
    with granvik.inside(writes=True) as ctx:
        ctx.db.get_one(Employer, granvik.employer_id).department = (
            "Vård och omsorg" + ", vård och omsorg" * 60
        )
    of_it = maria.post(PAGE, data=OWN).location
    work_off(house)
    page = text_of(maria.get(of_it))
    assert "Några intyg behöver två ark. Det gäller: Ett kort namn, Ett mycket långt namn" in page
    assert tried(granvik)[-1].on_two == list(NAMES)
    assert len(pypdfium2.PdfDocument(maria.get(f"{of_it}/shortest.pdf").data)) == 2


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"signatory_title": "MAS"}, "Skriv namnet också"),
        (
            {"signatory_name": "x" * 81},
            "Skriv kortare: det finns plats för 80 tecken, namn och titel tillsammans.",
        ),
        ({"signatory_name": "x" * 40, "signatory_title": "y" * 41}, "Skriv kortare"),
        ({"signatory_name": "Bo\x07 Ek"}, "inte går att skriva ut"),
        ({"signatory_name": "Bo Ek", "signatory_title": "\ue000"}, "inte går att skriva ut"),
    ],
)
def test_who_cannot_sign_is_said_with_what_else_is_wrong(granvik, maria, form, said):
    answer = maria.post(PAGE, data=OWN | {"band_colour": "#f2a33a"} | form)
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert "För ljus" in text_of(answer)
    assert maria.post(PAGE, data=OWN | form).status_code == 422
    assert tried(granvik) == []


@pytest.mark.parametrize("data", [b"<svg/>", b"\x89PNG\r\n\x1a\nno", coat_of_arms(kind="JPEG")])
def test_what_is_no_picture_is_said(granvik, maria, data):
    answer = maria.post(PAGE, data=OWN | {"logo": (BytesIO(data), "arms.png")})
    assert answer.status_code == 422
    assert "PNG-bild" in text_of(answer)
    assert tried(granvik) == []


def test_an_own_template_is_tried_and_refused_with_what_is_wrong(house, granvik, maria):
    example = html.unescape(
        re.search(r'<pre class="markup" tabindex[^>]*>(.*?)</pre>', maria.get(PAGE).text, re.DOTALL)[1]
    )
    refused = maria.post(PAGE, data=OWN | {"template": example.replace("{{ limits }}", "")})
    assert refused.status_code == 422
    assert "Mallen saknar något som måste finnas: limits" in text_of(refused)
    wrong = OWN | {"template": f"\r\n{example}".replace("{{ kind }}", "{{ kid }}").replace("\n", "\r\n")}
    refused = maria.post(PAGE, data=wrong)
    assert "Rad 7: Det här går inte att använda i en mall: kid" in text_of(refused)
    assert "<p><b>7</b> <code>&lt;p class=&#34;kind&#34;&gt;{{ kid }}&lt;/p&gt;</code></p>" in refused.text
    assert "{{ topic }}" in refused.text  # what was written is still there
    refused = maria.post(PAGE, data=OWN | {"template": example + "{{ name.__class__ }}"})
    assert "Det här går inte att använda i en mall: __class__" in text_of(refused)
    assert tried(granvik) == []
    name = publish(
        house, granvik, maria, OWN | {"template": example.replace("Kunnig", "Bravo").replace("\n", "\r\n")}
    )
    newest = tried(granvik)[-1]
    pdf = maria.get(f"{PAGE}/{newest.public_id}/shortest.pdf").data
    assert "Bravo" in pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_range()
    assert maria.post(PAGE, data=OWN).status_code == 303
    assert tried(granvik)[-1].name != name


def test_a_template_that_has_no_room_for_a_name_is_said_so(house, granvik, maria):
    example = html.unescape(
        re.search(r'<pre class="markup" tabindex[^>]*>(.*?)</pre>', maria.get(PAGE).text, re.DOTALL)[1]
    )
    for lines, in_ours, said in (
        (0, [], None),
        (
            8,
            ["longest"],
            "Er egen mall har inte plats för alla namn. Vår mall användes för: Ett mycket långt namn.",
        ),
        (30, list(NAMES), "Er egen mall har inte plats för något av namnen."),
    ):
        template = example.replace("<h1>", "<p>Granviks kommun intygar</p>" * lines + "<h1>")
        of_it = maria.post(PAGE, data=OWN | {"base": "portrait-1", "template": template}).location
        work_off(house)
        assert tried(granvik)[-1].in_ours == in_ours
        page = text_of(maria.get(of_it))
        assert page.count("I vår mall") == len(in_ours)
        assert said in page if said else "egen mall har inte plats" not in page
        assert "egna färger · egen mall" in page
        maria.post(f"{of_it}/publish")
        assert ("egen mall har inte plats" in text_of(maria.get(PAGE))) is bool(said)
    publish(house, granvik, maria, OWN)
    now, before = text_of(maria.get(PAGE)).split("Tidigare")
    assert "egen mall" not in now.split("Nya intyg nu")[1]
    assert before.count("egen mall") == 3


def test_every_word_of_a_template_is_explained(granvik, maria):
    page = text_of(maria.get(PAGE))
    words = certificates.template_vocabulary()
    for name in words.values:
        assert f"{{{{ {name} }}}}" in page
    for name, parts in words.lists.items():
        assert f"{{% for {name[:-1]} in {name} %}}" in page
        assert all(f"{name[:-1]}.{part}" in page for part in parts)
    assert " ".join(words.classes) in page
    assert " ".join(words.elements) in page


def test_what_was_published_before_signatories_were_was_signed_by_the_employers(house, granvik, maria):
    publish(house, granvik, maria, OWN | {"signatory_name": "Bo Ek"})
    owner = make_owner_engine(house.settings)
    downgrade(owner, "0044")
    migrate(owner)
    owner.dispose()
    assert [each.signatory_name for each in tried(granvik)] == ["Bo Ek"]
