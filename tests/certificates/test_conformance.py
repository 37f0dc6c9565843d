"""Every point of PDF/A-3a (ISO 19005-3) and PDF/UA-1 (ISO 14289-1) that can be checked by reading the file.

What a machine cannot judge is not here: whether alternative texts are good, and whether colours alone say something.
"""

from collections.abc import Callable
from functools import cache
from io import BytesIO

import pikepdf
import pytest
from pikepdf import Dictionary, Name, Pdf

from certificates import Layout, Order, render_batch, render_document, render_pdf
from certificates.render import CREDENTIAL_FILE
from tests.certificates.builders import make_content
from tests.certificates.opened import Opened
from tests.certificates.points import POINTS
from tests.certificates.test_layout import COLOURS, LOGO, WITH_ALL, made_in
from tests.certificates.test_own_template import OTHERWISE, TEMPLATED
from tests.certificates.test_render import ADDRESS, ALL_LONG

CREDENTIAL = b'{"type": ["VerifiableCredential"]}'
REPORT = """<!DOCTYPE html><html lang="sv"><head><meta charset="utf-8"><title>Register</title>
<meta name="dcterms.created" content="2026-03-12T13:05:09Z">
<meta name="dcterms.modified" content="2026-03-12T13:05:09Z">
</head><body><h1>Register</h1><table><thead><tr><th scope="col">Namn</th><th scope="col">Kurs</th></tr></thead>
<tbody><tr><th scope="row">Amina</th><td>Läkemedel</td></tr></tbody></table></body></html>"""
FILES = {
    "as on the screen": lambda: render_pdf(make_content(), ADDRESS, credential=CREDENTIAL),
    "ink saving": lambda: render_pdf(make_content(), ADDRESS, ink_saving=True, credential=CREDENTIAL),
    "all long": lambda: render_pdf(make_content(**ALL_LONG), ADDRESS, credential=CREDENTIAL),
    "other letters": lambda: render_pdf(make_content(holder_name="Áile Ŋuŧŧa Łukasz Żółć Иван"), ADDRESS),
    "in Bokmål, no end": lambda: render_pdf(
        make_content(country="NO", language="nb", expires_on=None), ADDRESS
    ),
    "landscape": lambda: render_pdf(make_content(layout="landscape-1"), ADDRESS, credential=CREDENTIAL),
    "landscape, ink saving": lambda: render_pdf(make_content(layout="landscape-1"), ADDRESS, ink_saving=True),
    "landscape, all long": lambda: render_pdf(make_content(layout="landscape-1", **ALL_LONG), ADDRESS),
    "own colours and logo": lambda: made_in(WITH_ALL),
    "own, upright, all long": lambda: made_in(Layout(logo=LOGO, **COLOURS), **ALL_LONG),
    "by a stencil": lambda: list(
        render_batch(
            Order(make_content(holder_name=name), ADDRESS, credential=CREDENTIAL)
            for name in ("Amina Yusuf", "Łucja Ek")
        )
    )[1],
    "own template": lambda: made_in(TEMPLATED),
    "own template, landscape, ink saving": lambda: made_in(
        Layout(base="landscape-1", template=OTHERWISE), ink_saving=True, **ALL_LONG
    ),
    "a report": lambda: render_document(REPORT, "report"),
}


@cache
def opened(name: str) -> Opened:
    return Opened(FILES[name]())


@pytest.mark.parametrize("clause", POINTS)
@pytest.mark.parametrize("name", FILES)
def test_the_point_holds(name: str, clause: str) -> None:
    POINTS[clause](opened(name))


def test_the_credential_is_inside_as_it_is() -> None:
    file = opened("as on the screen")
    inside = {str(each.UF): each.EF.F.read_bytes() for each in file.of_type("/Filespec")}
    assert inside == {CREDENTIAL_FILE: CREDENTIAL}


def test_a_file_with_a_credential_is_the_same_each_time_and_another_than_without() -> None:
    assert FILES["as on the screen"]() == opened("as on the screen").data
    assert render_pdf(make_content(), ADDRESS) != opened("as on the screen").data


def _damaged(damage: Callable[[Pdf], None]) -> Opened:
    pdf = pikepdf.open(BytesIO(opened("as on the screen").data))
    damage(pdf)
    out = BytesIO()
    pdf.save(out)
    return Opened(out.getvalue())


def _draw(pdf: Pdf, more: bytes) -> None:
    page = pdf.pages[0]
    page.Contents = pdf.make_stream(page.Contents.read_bytes() + more)


def _without_meaning(pdf: Pdf) -> None:
    for font in (each for each in pdf.objects if isinstance(each, Dictionary) and "/DescendantFonts" in each):
        font.ToUnicode = pdf.make_stream(b"")


DAMAGE: dict[str, tuple[str, Callable[[Pdf], None]]] = {
    "no profile": ("A 6.2.3", lambda pdf: pdf.Root.__delitem__("/OutputIntents")),
    "colours for printers": ("A 6.2.3", lambda pdf: _draw(pdf, b" 0 0 0 1 k")),
    "a curve": (
        "A 6.2.5", lambda pdf: pdf.pages[0].Resources.ExtGState.__setitem__(
            "/x", Dictionary(Type=Name.ExtGState, TR=Name.Identity)
        ),
    ),
    "letters that mean nothing": ("A 6.2.11", _without_meaning),
    "a hidden link": ("A 6.3", lambda pdf: pdf.pages[0].Annots[0].__setitem__("/F", 2)),
    "a link that says nothing": ("A 6.3", lambda pdf: pdf.pages[0].Annots[0].__delitem__("/Contents")),
    "a program": (
        "A 6.4", lambda pdf: pdf.Root.__setitem__("/OpenAction", Dictionary(S=Name.JavaScript, JS="app.alert(1)"))
    ),
    "a form": ("A 6.4", lambda pdf: pdf.Root.__setitem__("/AcroForm", Dictionary(Fields=[]))),
    "another title": ("A 6.6, UA 5", lambda pdf: pdf.docinfo.__setitem__("/Title", "Diplom")),
    "no tags": ("A 6.7.1", lambda pdf: pdf.Root.MarkInfo.__setitem__("/Marked", value=False)),
    "a line outside of everything": ("UA 7.1", lambda pdf: _draw(pdf, b" 0 0 m 9 9 l S")),
    "text that belongs to no tag": ("A 6.7.3: ", lambda pdf: _draw(pdf, b" /P <</MCID 999>> BDC EMC")),
    "no language": ("A 6.7.4", lambda pdf: pdf.Root.__delitem__("/Lang")),
    "a file that is nothing to the page": ("A 6.8", lambda pdf: pdf.Root.__delitem__("/AF")),
    "a layer": ("A 6.9", lambda pdf: pdf.Root.__setitem__("/OCProperties", Dictionary(OCGs=[]))),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGE)
def test_what_is_damaged_is_noticed(name: str) -> None:
    clause, damage = DAMAGE[name]
    (check,) = (check for each, check in POINTS.items() if each.startswith(clause))
    with pytest.raises((AssertionError, KeyError, AttributeError, IndexError)):
        check(_damaged(damage))
