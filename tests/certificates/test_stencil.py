"""The fast path: by a stencil or in full, a certificate is the same file, byte for byte."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from html import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from certificates import BANDS, LANGUAGES, Order, render_batch, render_pdf, stencil
from certificates.engine import Engine
from certificates.layout import SHIPPED
from certificates.render import render_in_full
from certificates.stencil import Person, Stencils, make_in_full
from tests.certificates.builders import make_content
from tests.certificates.test_render import ADDRESS, OUTCOMES_OF_TWO_LINES, page_text

NAMES = (
    "Amina Yusuf", "Bo Ek", "Åsa Øien", "Áŋŋá Ŧorvald-Čájet", "Łucja Żółć-Gęśla", "Nguyễn Thị Ánh Tuyết", "Æ",
    "Maxamed Cabdi Xasan", "Sigríður Þórðardóttir", "Anne-Grethe Sæther", "D'Angelo Ibáñez", "AVATAR To", "Seán O’Hea",
)  # fmt: skip
LONG = ("Maria Magdalena Wojciechowska", "Johanna Andersson Bergqvist", "Anna-Karin Lindström af Ekenstam")
BEYOND = (
    "محمد علي",
    "Ελένη Παπαδοπούλου",
    "Олександра Шевченко",
    "Taumatawhakatangihangakoauauotamateaturipuka" * 2,
)


def order(name: str, n: int = 0, **changes: object) -> Order:
    """Somebody's certificate of one course: the number, the days and the credential are their own."""
    day, number = date(2026, 1, 1) + timedelta(n), f"{n:010}".translate(str.maketrans("01", "ZY"))
    facts: dict[str, object] = {
        "holder_name": name, "number": number, "achieved_on": day, "expires_on": day + timedelta(365),
        "issued_at": datetime(2026, 1, 1, 9, tzinfo=UTC) + timedelta(n, n),
    }  # fmt: skip
    content = make_content(**(facts | changes))
    credential = b'{"number": "%b"}' % (number.encode() * (1 + n % 5))
    return Order(content, f"https://kunnig.example/v/{number[:5]}-{number[5:]}", credential=credential)


@pytest.fixture
def in_full(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Whose pages were laid out in full."""
    titles: list[str] = []

    def make(engine: Engine, person: Person) -> object:
        titles.append(person.title)
        return make_in_full(engine, person)

    monkeypatch.setattr(stencil, "make_in_full", make)
    return titles


names = some.one_of(
    some.sampled_from(NAMES + LONG + BEYOND),
    some.text("abcdefghijklmnopqrstuvwxyzåäöæøáčđŋšŧžąćęłńóśźżABCÅÄÖÆØŁŠ -'’", min_size=1, max_size=40).map(
        lambda text: text.strip() or "Å"
    ),
)
courses = some.fixed_dictionaries(
    {
        "layout": some.sampled_from(SHIPPED),
        "language": some.sampled_from(LANGUAGES),
        "look": some.sampled_from(sorted(BANDS)),
        "country": some.sampled_from(("SE", "NO")),
        "outcomes": some.sampled_from((("Ett",), ("Ansvar", "Rätt person"), OUTCOMES_OF_TWO_LINES)),
        "signatory_name": some.sampled_from((None, "Karin Ek")),
        "predecessor": some.sampled_from((None, "8G4M93RFYN")),
    }
)


@settings(max_examples=25)
@given(courses, some.lists(names, min_size=2, max_size=4), some.booleans(), some.booleans())
def test_whoever_it_is_and_whatever_the_course_the_file_is_that_of_the_full_engine(
    course: dict[str, object], people: list[str], is_ink_saving: bool, has_end: bool
) -> None:
    end = {} if has_end else {"expires_on": None}
    batch = [
        replace(order(name, n * 37, **course, **end), ink_saving=is_ink_saving)
        for n, name in enumerate(people)
    ]
    assert list(render_batch(batch)) == [render_in_full(each) for each in batch]


def test_names_of_one_line_are_laid_out_once_and_those_of_two_once(in_full: list[str]) -> None:
    stencil_free = partial(order, course_id="a course of its own")
    batch = [stencil_free(name, n) for n, name in enumerate(NAMES + LONG)]
    files = list(render_batch(batch))
    assert in_full == ["Kursintyg: Amina Yusuf, Läkemedel", f"Kursintyg: {LONG[0]}, Läkemedel"]
    assert files == [render_in_full(each) for each in batch]
    assert [page_text(file).count(name) for file, name in zip(files[:3], NAMES, strict=False)] == [1, 1, 1]


@pytest.mark.parametrize("name", BEYOND)
def test_what_a_stencil_cannot_draw_the_full_engine_draws(name: str, in_full: list[str]) -> None:
    batch = [order(each, n, course_id=name) for n, each in enumerate(("Bo Ek", name, "Åsa Ek", name + "a"))]
    files = list(render_batch(batch))
    assert [title.partition(": ")[2].partition(",")[0] for title in in_full] == ["Bo Ek", name, name + "a"]
    assert files == [render_in_full(each) for each in batch]


def test_a_name_that_fits_at_ease_is_not_set_closer_as_that_of_somebody_before() -> None:
    long = "Maria Magdalena Aleksandra Wojciechowska von Essen"  # three lines at ease, two closer
    course = {"course_id": "a full page", "outcomes": OUTCOMES_OF_TWO_LINES[:4], "predecessor": "8G4M93RFYN"}
    batch = [order(name, n, **course) for n, name in enumerate((long, *LONG, "Bo Ek", long + "sson"))]
    assert list(render_batch(batch)) == [render_in_full(each) for each in batch]


def test_it_does_not_matter_who_comes_first() -> None:
    batch = [order(name, n, course_id="another") for n, name in enumerate((*NAMES, *LONG, *BEYOND))]
    forwards, backwards = list(render_batch(batch)), list(render_batch(reversed(batch)))
    assert forwards == backwards[::-1]


def test_the_stencils_that_are_kept_are_few() -> None:
    stencils = Stencils(Engine("p { margin: 0 }"))
    for n in range(20):
        stencils.make(_person(f"<p>{'Bo ' * (60 * n)}</p>", n), n // 10)
        stencils.make(_person("<p>Bo</p>", n), f"kind {n}")
    assert len(stencils._kept) == 8
    assert max(map(len, stencils._kept.values())) <= 4


def test_an_error_names_itself_and_the_next_page_is_made() -> None:
    good, bad = order("Bo Ek"), replace(order("Bo Ek"), verify_url="file:///etc/hostname")
    with pytest.raises(ValueError, match="not an address"):
        list(render_batch([good, bad]))
    assert render_pdf(good.content, good.verify_url, credential=good.credential) == render_in_full(good)


def _person(body: str, n: int) -> Person:
    title, at = f"Intyg {n}", datetime(2026, 1, 1, tzinfo=UTC) + timedelta(n)
    issued = f"{at:%Y-%m-%dT%H:%M:%SZ}"
    head = f'<title>{title}</title><meta name="dcterms.created" content="{issued}">'
    code = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" width="9"><title>QR</title><path d="{}"/></svg>'
    html = f'<html lang="sv"><head>{head}</head><body>{escape(body) if "<" not in body else body}{code}</body></html>'
    return Person([lambda path: html.replace("{}", path)], title, at, ADDRESS, [(0, 0, n + 1, 1)], b"id", ())


Page = Callable[[str], str]
BY_STENCIL: dict[str, tuple[str, Page]] = {
    "alone": ("", "<p>{}</p>".format),
    "centred": ("p { text-align: center }", "<p>{}</p>".format),
    "to the right": ("p { text-align: right; letter-spacing: 1px }", "<p>{}</p>".format),
    "behind others": ("", "<p>Intyg <b>för</b><br>{}</p>".format),
    "in a float of a width": ("div { float: right; width: 400px }", "<div><p>{}</p></div>".format),
    "beside a float of another flow": ("i { float: left } div { position: absolute; top: 0; width: 300px }",
                                       "<i>Intyg</i><div><p>{}</p></div>".format),
}  # fmt: skip
IN_FULL: dict[str, tuple[str, Page]] = {
    "before others": ("", "<p>{} <b>har gått</b></p>".format),
    "twice, once in another place": ("", '<p>{0}</p><p id="{0}">Intyg</p>'.format),
    "in the alternative text": (
        "", "<svg xmlns='http://www.w3.org/2000/svg' width='9'><title>{}</title></svg>".format,
    ),
    "in capitals": ("p { text-transform: uppercase }", "<p>{}</p>".format),
    "in a float as wide as itself": ("div { float: left } ", "<div><p>{}</p></div><p>Intyg</p>".format),
    "in a table": ("", "<table><tr><td><p>{}</p></td><td>Intyg</td></tr></table>".format),
    "with a mark behind it": ("p::after { content: '!' }", "<p>{}</p>".format),
    "in a flexible row": ("div { display: flex }", "<div><p>{}</p><p>Intyg</p></div>".format),
    "from right to left": ("p { direction: rtl }", "<p>{}</p>".format),
    "beside a float": ("i { float: right; width: 80% }", "<div><i>Intyg</i><p>{}</p></div>".format),
}  # fmt: skip


FONTS = "@font-face { font-family: Text; src: url(package:KunnigText-Regular.ttf) } html { font: 16px Text }"


@pytest.mark.parametrize("width", range(244, 268, 4))
def test_a_line_that_is_full_is_none_that_ends(width: int) -> None:
    """With a break that is a space, a name on a line of its own may fit behind what is before it, if it is short."""
    engine = Engine(f"{FONTS} br::before {{ content: ' ' }} p {{ width: {width}px }}")
    stencils = Stencils(engine)
    names = ("Wo Ek", "Li", "Ann-Sofie", "W", "Åsa Lind")
    people = [
        _person(f"<p>Intyg för den som har gått kursen<br>{name}</p>", n) for n, name in enumerate(names)
    ]
    assert [stencils.make(each, "all") for each in people] == [
        make_in_full(engine, each).data for each in people
    ]


@pytest.mark.parametrize("where", [*BY_STENCIL, *IN_FULL])
def test_a_layout_is_laid_out_in_full_where_a_name_could_move_something(
    where: str, in_full: list[str]
) -> None:
    css, page = (BY_STENCIL | IN_FULL)[where]
    stencils = Stencils(engine := Engine(FONTS + css))
    people = [
        _person(page(name), n) for n, name in enumerate(("Bo Ek", "Åsa Lind", "Ann-Sofie Andersson", "Li"))
    ]
    files = [stencils.make(person, "all") for person in people]
    assert files == [make_in_full(engine, person).data for person in people]
    assert len(in_full) == (1 if where in BY_STENCIL else 4)
