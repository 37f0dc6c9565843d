"""The page: what it says, in which languages, and that a reader, an archive and a telephone can use it."""

from datetime import UTC, date, datetime
from io import BytesIO
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as ET

import pikepdf
import pypdfium2
import pytest
import zxingcpp

from certificates import BANDS, LANGUAGES, SHIPPED, render_pdf
from certificates.engine import Engine
from tests.certificates.builders import make_content

ADDRESS = "https://kunnig.example/v/7F3K9-2QDXM"
QUIET_ZONE = 4  # modules
XMP = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "pdfaid": "http://www.aiim.org/pdfa/ns/id/",
    "pdfuaid": "http://www.aiim.org/pdfua/ns/id/",
    "schema": "http://www.aiim.org/pdfa/ns/schema#",
}
OUTCOMES_OF_TWO_LINES = (
    "Social dokumentation, patientjournal, båda eller ingen",
    "Saklig anteckning: vad hände, vad gjordes, vad återstår",
    "Iakttagelse, personens egna ord och egen bedömning",
    "Avböjd insats: orsak, alternativ och nästa steg",
    "Genomförandeplanen som utgångspunkt och när den ska ändras",
    "Rätta fel så att ursprunget går att följa i efterhand",
    "Personens rätt att veta och att få en invändning antecknad",
    "Säker kanal och rapport om obehörig åtkomst eller fel mottagare",
)
ALL_LONG = {
    "holder_name": "Maria Magdalena Aleksandra Wojciechowska-Brzęczyszczykiewicz von Hohenzollern-Sigmaringen",
    "course_title": "Dokumentation i socialtjänst och hälso- och sjukvård för utförare i ordinärt boende",
    "outcomes": OUTCOMES_OF_TWO_LINES,
    "issuer_name": "Södermöre och Norra Ölands samverkande kommunförbund för vård och omsorg",
    "issuer_department": "Förvaltningen för äldreomsorg, funktionsstöd och hemsjukvård",
    "signatory_name": "Aleksandra Brzęczyszczykiewicz",
    "signatory_title": "medicinskt ansvarig sjuksköterska",
    "predecessor": "8G4M93RFYN",
}


def page_text(pdf: bytes) -> str:
    """The text of a PDF that has one page, in extraction order, with plain spaces."""
    document = pypdfium2.PdfDocument(pdf)
    assert len(document) == 1
    text: str = document[0].get_textpage().get_text_range()
    return text.replace("\u00a0", " ").replace("\r\n", "\n")


def structure(pdf: bytes) -> list[tuple[str, str, str]]:
    """The tags in reading order, each with its parent's tag and its alternative text."""
    found: list[tuple[str, str, str]] = []

    def walk(node: pikepdf.Object, parent: str) -> None:
        if isinstance(node, pikepdf.Array):
            for child in node:
                walk(child, parent)
        elif isinstance(node, pikepdf.Dictionary) and "/S" in node:
            found.append((str(node.S), parent, str(node.get("/Alt", ""))))
            walk(node.K, str(node.S))

    with pikepdf.open(BytesIO(pdf)) as opened:
        walk(opened.Root.StructTreeRoot.K, "")
    return found


def lacking_glyphs(pdf: bytes) -> int:
    """How many boxes for lacking characters the page shows: glyph 0 in any text it draws."""
    with pikepdf.open(BytesIO(pdf)) as opened:
        strings = [
            bytes(part)
            for instruction in pikepdf.parse_content_stream(opened.pages[0])
            if str(instruction.operator) == "TJ"
            for part in instruction.operands[0]
            if isinstance(part, pikepdf.String)
        ]
    return sum(text[at : at + 2] == b"\0\0" for text in strings for at in range(0, len(text), 2))


def fonts(pdf: bytes) -> set[str]:
    """The fonts a page is set in; fails if one of them is not embedded, or gives no way back to text."""
    with pikepdf.open(BytesIO(pdf)) as opened:
        found = [opened.pages[0].Resources.Font[name] for name in opened.pages[0].Resources.Font.keys()]  # noqa: SIM118
        for font in found:
            assert "/ToUnicode" in font
            assert "/FontFile2" in font.DescendantFonts[0].FontDescriptor
        return {str(font.BaseFont).partition("+")[2] for font in found}


def test_the_page_says_all_that_a_certificate_must_and_no_score() -> None:
    text = page_text(
        render_pdf(make_content(signatory_name="Karin Ek", signatory_title="verksamhetschef"), ADDRESS)
    )
    for words in (
        "KURSINTYG",
        "Amina Yusuf",
        "har gått kursen Läkemedel",
        "och klarat testet den 12 mars 2026.",
        "Rätt person, läkemedel och tid",
        "Giltigt till och med\n11 mars 2027",
        "Intygsnummer\n7F3K9-2QDXM",
        "Godkänt, 8 av 10 krävs",
        "38 min, 9 avsnitt",
        "2026.1, svensk lag",
        "Kontrollera\nkunnig.example/v\n",
        "Utfärdat\n12 mars 2026, Karin Ek, verksamhetschef",
        "Granviks kommun\nVård och omsorg",
        "Det är inte en delegering.",
    ):
        assert words in text


@pytest.mark.parametrize("changes", [{}, {"outcomes": OUTCOMES_OF_TWO_LINES}, {"expires_on": None}, ALL_LONG])
@pytest.mark.parametrize("layout", SHIPPED)
def test_nothing_on_the_page_stands_on_anything_else(layout: str, changes: dict[str, Any]) -> None:
    content = make_content(layout=layout, **changes)
    text = pypdfium2.PdfDocument(render_pdf(content, ADDRESS))[0].get_textpage()
    topics = (content.outcomes[0][:9], content.outcomes[-1][:9])
    labels = (
        ("Gilti", "Test", "Kursversion", "Utfärdat") if layout == "portrait-1" else ("Gilti", "Kursversion")
    )
    edges = []
    for word in (
        content.issuer_name[:9],
        "KURSINTYG",
        content.holder_name[:5],
        "och klarat",
        *topics,
        *labels,
        "Intyget",
    ):
        at, count = text.search(word, match_case=True).get_next()
        boxes = [text.get_charbox(index) for index in range(at, at + count)]
        edges.append((max(top for *_, top in boxes), min(bottom for _, bottom, *_ in boxes)))
    for (_, bottom), (top, _) in pairwise(edges):
        assert bottom > top


def test_bokmal_and_english_say_the_same_in_their_own_words() -> None:
    bokmal = page_text(render_pdf(make_content(language="nb", country="NO", lessons=1), ADDRESS))
    for words in (
        "KURSBEVIS",
        "og bestått testen 12. mars 2026.",
        "Kursbevisnummer",
        "1 leksjon\n",
        "norsk lov",
    ):
        assert words in bokmal
    english = page_text(render_pdf(make_content(language="en", predecessor="8G4M93RFYN"), ADDRESS))
    for words in (
        "COURSE CERTIFICATE",
        "passed the test on 12 March 2026.",
        "9 lessons",
        "Renewal of\n8G4M9-3RFYN",
    ):
        assert words in english


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_an_end_the_page_says_so(language: str) -> None:
    text = page_text(render_pdf(make_content(language=language, expires_on=None), ADDRESS))
    said = {
        "sv": "Giltighet\nUtan slutdatum",
        "nb": "Gyldighet\nUten sluttdato",
        "en": "Validity\nNo end date",
    }
    assert said[language] in text


def test_the_day_of_issue_is_that_of_the_issuers_clock() -> None:
    late = datetime(2026, 6, 30, 22, 30, tzinfo=UTC)
    text = page_text(render_pdf(make_content(achieved_on=date(2026, 7, 1), issued_at=late), ADDRESS))
    assert "Utfärdat\n1 juli 2026" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_file_declares_archive_and_accessibility_in_one_description(language: str) -> None:
    with pikepdf.open(BytesIO(render_pdf(make_content(language=language), ADDRESS))) as pdf:
        root = pdf.Root
        assert str(root.Lang) == language
        assert bool(root.MarkInfo.Marked)
        assert bool(root.ViewerPreferences.DisplayDocTitle)
        assert str(pdf.docinfo.Title).endswith(": Amina Yusuf, Läkemedel")
        assert str(pdf.docinfo.CreationDate) == str(pdf.docinfo.ModDate) == "D:20260312130509Z"
        assert root.OutputIntents[0].S == "/GTS_PDFA1"
        tree = ET.fromstring(root.Metadata.read_bytes())  # noqa: S314 (our own file)
    assert len(tree.findall("rdf:RDF", XMP)) == 1
    marks = {
        name: value for part in tree.findall("rdf:RDF/rdf:Description", XMP) for name, value in part.items()
    }
    assert marks[f"{{{XMP['pdfaid']}}}part"] == "3"
    assert marks[f"{{{XMP['pdfaid']}}}conformance"] == "A"
    assert marks[f"{{{XMP['pdfuaid']}}}part"] == "1"
    assert tree.find(".//schema:namespaceURI", XMP).text == XMP["pdfuaid"]  # type: ignore[union-attr]


def test_the_tags_give_a_heading_two_lists_and_a_described_code() -> None:
    tags = structure(render_pdf(make_content(), ADDRESS))
    names = [name for name, _, _ in tags]
    assert names[0] == "/Document"
    assert names.count("/H1") == 1
    assert names.count("/L") == 2
    assert names.count("/LI") == names.count("/LBody") == 6 + 7
    assert {name for name, parent, _ in tags if parent == "/L"} == {"/LI"}
    assert {name for name, parent, _ in tags if parent == "/LI"} == {"/LBody"}
    assert [alt for name, _, alt in tags if name == "/Figure"] == [
        "QR-kod till sidan där intyget kontrolleras: kunnig.example/v"
    ]
    assert names.index("/H1") < names.index("/L") < names.index("/Figure")
    assert names.count("/Link") == 1


def test_headings_and_text_are_set_in_the_designs_faces_embedded() -> None:
    assert fonts(render_pdf(make_content(), ADDRESS)) == {"Heading-Bold", "Text", "Text-Bold"}


@pytest.mark.parametrize("changes", [{}, ALL_LONG])
@pytest.mark.parametrize("layout", SHIPPED)
def test_the_code_on_the_printed_page_leads_to_the_verification_page(
    layout: str, changes: dict[str, Any]
) -> None:
    page = pypdfium2.PdfDocument(render_pdf(make_content(layout=layout, **changes), ADDRESS))[0]
    dots_per_mm = 150 / 25.4
    picture = page.render(scale=150 / 72, grayscale=True).to_pil()
    (code,) = zxingcpp.read_barcodes(picture)
    assert code.text == ADDRESS
    assert code.ec_level == "M"
    corners = code.position
    left, right, top, bottom = (
        corners.top_left.x,
        corners.top_right.x,
        corners.top_left.y,
        corners.bottom_left.y,
    )
    assert (right - left) / dots_per_mm >= 30
    module = (right - left) / (17 + 4 * 3)  # version 3 holds an address of this length
    margin = int(QUIET_ZONE * module)
    around = picture.crop((left - margin, top - margin, right + margin, bottom + margin))
    inside = (margin - 2, margin - 2, around.width - margin + 2, around.height - margin + 2)
    around.paste(255, inside)
    assert around.getextrema() == (255, 255), "something stands in the quiet zone"


def test_same_content_gives_the_same_bytes_and_other_content_other_bytes() -> None:
    first = render_pdf(make_content(), ADDRESS)
    other = render_pdf(make_content(holder_name="Amina Yusuf Ek", look="dok"), ADDRESS)
    assert render_pdf(make_content(), ADDRESS) == first != other


@pytest.mark.parametrize("look", BANDS)
def test_every_look_fits_in_60_kb(look: str) -> None:
    assert len(render_pdf(make_content(look=look), ADDRESS)) <= 60_000


def test_ink_saving_drops_the_hills_and_keeps_the_words() -> None:
    full, saving = (render_pdf(make_content(), ADDRESS, ink_saving=ink) for ink in (False, True))
    assert page_text(full) == page_text(saving)
    bottoms = []
    for pdf in (full, saving):
        picture = pypdfium2.PdfDocument(pdf)[0].render(scale=0.5, grayscale=True).to_pil()
        bottoms.append(picture.getpixel((picture.width // 2, picture.height - 5)))
    assert bottoms[0] < 150
    assert bottoms[1] == 255


@pytest.mark.parametrize(
    "name",
    [
        "Áŋŋá Ŧorvald Čájet-Đorđević",
        "Łucja Żółć-Gęśla",
        "Nguyễn Thị Ánh Tuyết",
        "İbrahim Gökçeoğlu Şahin",
        "Ægir Þórðarson Ørsted",
        "Ελένη Παπαδοπούλου",
        "Олександра Шевченко",
        "Li",
        "Áŋŋel Čáhcesuolu-Đorrá",
        "Żółć Gęślą-Jaźń Świętosława",
        f"{'Alexandrina-Wilhelmina-' * 3}Anna {'Brzęczyszczykiewicz-' * 3}Ek",
        "Maria Magdalena Aleksandra Wojciechowska-Brzęczyszczykiewicz von Hohenzollern-Sigmaringen",
        "Taumatawhakatangihangakoauauotamateaturipukakapikimaungahoronukupokaiwhenuakitanatahu",
    ],
)
@pytest.mark.parametrize("layout", SHIPPED)
def test_every_name_is_drawn_whole_on_one_page(layout: str, name: str) -> None:
    content = make_content(
        layout=layout, holder_name=name, outcomes=OUTCOMES_OF_TWO_LINES, issuer_department=name
    )
    pdf = render_pdf(content, ADDRESS)
    assert name.replace(" ", "") in page_text(pdf).replace("\n", "").replace(" ", "").replace("\ufffe", "-")
    assert lacking_glyphs(pdf) == 0
    assert fonts(pdf) <= {"Heading-Bold", "Text", "Text-Bold", "Rest", "Rest-Bold"}


@pytest.mark.parametrize("layout", SHIPPED)
def test_everything_long_at_once_still_fits_on_one_page(layout: str) -> None:
    text = page_text(render_pdf(make_content(layout=layout, **ALL_LONG), ADDRESS))
    assert "medicinskt" in text
    assert "Hohenzollern" in text


def test_what_people_type_is_text_and_never_markup() -> None:
    content = make_content(
        holder_name='<img src="file:///etc/hostname">',
        course_title="{number} <b>%s</b> & <script>",
        issuer_name="</title><style>@import 'http://127.0.0.1/x'</style>",
    )
    text = page_text(render_pdf(content, ADDRESS)).replace("\n", " ")
    assert '<img src="file:///etc/ hostname">' in text
    assert "{number} <b>%s</b> & <script>" in text


@pytest.mark.parametrize(
    "address", ["", "kunnig.example/v/7F3K92QDXM", "javascript:alert(1)", "file:///etc/hostname"]
)
def test_only_the_address_of_a_page_is_accepted(address: str) -> None:
    with pytest.raises(ValueError, match="not an address"):
        render_pdf(make_content(), address)


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1/x", "file:///etc/hostname", "package:../content.py", "drawing:no", "data:,x"],
)
def test_a_page_can_fetch_nothing_but_what_is_in_the_package(address: str) -> None:
    page = f'<html lang="sv"><title>x</title><img src="{address}" alt="x">'
    with pytest.raises(RuntimeError, match="Error fetching"):
        Engine("").write([page], b"x")
