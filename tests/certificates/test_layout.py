"""Layouts as data: what they may be, what they are called, and that a page is made of just these data for ever."""

import hashlib
import json
import zlib
from base64 import b64encode
from difflib import unified_diff
from io import BytesIO
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from PIL import Image, ImageChops, PngImagePlugin

from certificates import (
    SHIPPED,
    Layout,
    LayoutError,
    canonical_bytes,
    from_canonical,
    layout_bytes,
    layout_key,
    layout_named,
    normalised_logo,
    render_pdf,
)
from certificates.layout import contrast_to_white
from certificates.render import Order, render_in_full
from tests.certificates.builders import make_content
from tests.certificates.drawn import drawn, is_like
from tests.certificates.pictures import coat_of_arms
from tests.certificates.test_bands import contrast
from tests.certificates.test_render import ADDRESS, ALL_LONG, page_text

LOGO = normalised_logo(coat_of_arms())
DRAWN = Path(__file__).parent / "data" / "drawn"
COLOURS = {"band_colour": "#8a1c2c", "text_colour": "#0b4f8a"}
WITH_ALL = Layout(base="landscape-1", logo=LOGO, **COLOURS)


def made_in(layout: Layout, *, ink_saving: bool = False, **changes: Any) -> bytes:
    content = make_content(layout=layout.name, **changes)
    return render_pdf(
        content, ADDRESS, ink_saving=ink_saving, layout=layout_bytes(layout) if layout.is_own else None
    )


def picture(pdf: bytes) -> Image.Image:
    image: Image.Image = pypdfium2.PdfDocument(pdf)[0].render(scale=1).to_pil().convert("RGB")
    return image


AS_BEFORE = {
    "as on the screen": {},
    "all long": ALL_LONG,
    "in Norwegian": {"country": "NO", "language": "nb", "expires_on": None},
    "other letters": {"holder_name": "Áile Ŋuŧŧa Łukasz Żółć Иван"},
}


@pytest.mark.parametrize("ink_saving", [False, True], ids=["full", "ink-saving"])
@pytest.mark.parametrize("name", AS_BEFORE)
def test_pages_in_the_shipped_layout_stay_as_they_are(name: str, ink_saving: bool) -> None:
    """Whatever is changed in layouts for others. What is meant to be changed is written to the file anew."""
    content = make_content(**AS_BEFORE[name])
    lines = drawn(render_in_full(Order(content, ADDRESS, ink_saving=ink_saving)))
    extent = "ink-saving" if ink_saving else "full"
    as_ever = (DRAWN / f"{name.replace(' ', '-')}-{extent}.txt").read_text(encoding="utf-8").splitlines()
    assert is_like(lines, as_ever), "\n".join(unified_diff(as_ever, lines, lineterm="", n=0))


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        ("text 54.4 205.1 426.7 45.0 #1f1d36 Áile 2.5", True),
        ("text 54.6 205.1 426.7 45.0 #1f1d36 Áile 2.5", False),
        ("text 54.0 205.1 427.4 45.0 #1f1d36 Áile 2.5", False),
        ("text 54.0 205.1 426.7 45.0 #1f1d37 Áile 2.5", False),
        ("text 54.0 205.1 426.7 45.0 #1f1d36 Aile 2.5", False),
        ("drawn 54.0 205.1 426.7 45.0 #1f1d36 Áile 2.5", False),
    ],
)
def test_a_drawing_is_like_another_in_everything_but_what_cannot_be_seen(other: str, is_same: bool) -> None:
    line = "text 54.0 205.1 426.7 45.0 #1f1d36 Áile 2.5"
    assert is_like([line], [other]) is is_same
    assert not is_like([line], [line, line])


def test_the_content_of_a_certificate_in_the_shipped_layout_is_called_as_ever() -> None:
    assert (
        hashlib.sha256(canonical_bytes(make_content())).hexdigest()
        == "d49a7187d19f144d1c844e7e95aa7f3c4acddbd64951285700f9f15e43880bf3"
    )


def test_a_layout_that_holds_nothing_of_its_own_is_the_shipped_one() -> None:
    assert Layout().name == "portrait-1"
    assert Layout(base="landscape-1").name == "landscape-1"
    assert layout_key("landscape-1") is None
    assert layout_named("landscape-1", None) == Layout(base="landscape-1")


def test_an_own_layout_is_named_after_its_data_and_read_back_from_them() -> None:
    data = layout_bytes(WITH_ALL)
    digest = hashlib.sha256(data).hexdigest()
    assert WITH_ALL.name == f"own-{digest}"
    assert layout_key(WITH_ALL.name) == f"layouts/{digest}.json"
    assert layout_named(WITH_ALL.name, data) == WITH_ALL
    content = make_content(layout=WITH_ALL.name)
    assert from_canonical(canonical_bytes(content)) == content
    assert len({WITH_ALL.name, Layout(base="landscape-1", **COLOURS).name, Layout(logo=LOGO).name}) == 3


FROZEN = (  # as stored before there were templates; a certificate has its name for ever
    "own-cd8ae9a9e3db46b69d4ef8c0fe7330a9f904c660ea11d1e841f9d0cc6a26954f",
    b'{"band_colour":"#1a6763","base":"portrait-1","format":1,"logo":null,"text_colour":"#1f1d36"}',
)


def test_layouts_from_before_templates_are_read_and_have_the_names_they_had() -> None:
    name, data = FROZEN
    layout = Layout(band_colour="#1a6763", text_colour="#1f1d36")
    assert layout_named(name, data) == layout
    assert (layout.name, layout_bytes(layout)) == FROZEN
    with_none = data.replace(b',"text_colour"', b',"template":null,"text_colour"')
    assert layout_named(f"own-{hashlib.sha256(with_none).hexdigest()}", with_none) == layout


@pytest.mark.parametrize(
    "change",
    [
        {"band_colour": "#f2a33a", "text_colour": "#f2a33a"},
        {"logo": b64encode(LOGO + bytes(1_000_000)).decode()},
        {"template": "<h1>{{ name }}</h1>"},
    ],
    ids=["too pale", "too large", "lacks much"],
)
def test_what_was_accepted_once_is_drawn_though_rules_are_stricter_by_now(change: dict[str, Any]) -> None:
    data = json.dumps(json.loads(FROZEN[1]) | change).encode()
    content = make_content(layout=f"own-{hashlib.sha256(data).hexdigest()}")
    assert render_pdf(content, ADDRESS, layout=data).startswith(b"%PDF")
    if "template" in change:
        assert page_text(render_pdf(content, ADDRESS, layout=data)).split() == ["Amina", "Yusuf"]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (None, "are missing"),
        (b"{}", "are not those"),
        (layout_bytes(Layout(**COLOURS)), "are not those"),
        (layout_bytes(WITH_ALL) + b" ", "are not those"),
    ],
)
def test_a_page_without_the_data_of_its_layout_is_refused_with_its_name(
    data: bytes | None, problem: str
) -> None:
    with pytest.raises(LayoutError, match=problem) as refusal:
        render_pdf(make_content(layout=WITH_ALL.name), ADDRESS, layout=data)
    assert WITH_ALL.name in str(refusal.value)


@pytest.mark.parametrize("change", [{"format": 2}, {"script": "x"}])
def test_data_of_another_format_are_not_guessed_at(change: dict[str, Any]) -> None:
    data = json.dumps(json.loads(layout_bytes(WITH_ALL)) | change, sort_keys=True).encode()
    with pytest.raises(LayoutError, match="of another format"):
        layout_named(f"own-{hashlib.sha256(data).hexdigest()}", data)


@pytest.mark.parametrize(
    ("facts", "field", "problem"),
    [
        ({"base": "square-1"}, "base", "unknown"),
        ({"band_colour": "#8a1c2c"}, "text_colour", "missing"),
        ({"text_colour": "#8a1c2c"}, "band_colour", "missing"),
        (COLOURS | {"text_colour": "red"}, "text_colour", "no_colour"),
        (COLOURS | {"text_colour": "#000;}*{x:url(y)"}, "text_colour", "no_colour"),
        (COLOURS | {"text_colour": "#0B4F8A"}, "text_colour", "no_colour"),
        (COLOURS | {"band_colour": "#f2a33a"}, "band_colour", "too_pale"),
        (COLOURS | {"text_colour": "#777777"}, "text_colour", "too_pale"),  # 4.48 to 1
        ({"logo": b"<svg/>"}, "logo", "no_png"),
        ({"logo": LOGO + bytes(1_000_000)}, "logo", "too_large"),
    ],
)
def test_what_could_not_be_read_or_drawn_is_refused_by_name(
    facts: dict[str, Any], field: str, problem: str
) -> None:
    with pytest.raises(LayoutError) as refusal:
        Layout(**facts)
    assert (refusal.value.field, refusal.value.problem) == (field, problem)


def test_contrast_is_that_of_the_standard() -> None:
    for colour in ("#000000", "#ffffff", "#767676", "#8a1c2c", "#0b4f8a"):
        assert contrast_to_white(colour) == pytest.approx(contrast(colour, "#FFFFFF"))
    Layout(band_colour="#767676", text_colour="#767676")  # 4.54 to 1


# ---- logos ----


def test_a_logo_becomes_the_size_it_is_printed_in_and_keeps_its_transparency() -> None:
    logo = Image.open(BytesIO(LOGO))
    assert logo.mode == "RGBA"
    assert logo.height == 214
    assert normalised_logo(coat_of_arms()) == LOGO
    assert Image.open(BytesIO(normalised_logo(coat_of_arms((2400, 200))))).width == 472
    small = Image.open(BytesIO(normalised_logo(coat_of_arms((20, 20)))))
    assert small.size == (20, 20)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "I;16"])
def test_every_mode_of_a_png_becomes_plain_colour(mode: str) -> None:
    source = coat_of_arms() if mode in {"LA", "I;16"} else coat_of_arms(mode=mode)
    if mode in {"LA", "I;16"}:
        file = BytesIO()
        Image.open(BytesIO(source)).convert("LA" if mode == "LA" else "I;16").save(file, "PNG")
        source = file.getvalue()
    logo = Image.open(BytesIO(normalised_logo(source)))
    assert logo.mode in {"RGB", "RGBA"}


def test_what_is_written_beside_the_picture_is_not_kept() -> None:
    told = PngImagePlugin.PngInfo()
    told.add_text("Author", "Somebody at home")
    file = BytesIO()
    Image.new("RGB", (50, 50), "navy").save(
        file, "PNG", pnginfo=told, exif=b"Exif\0\0somewhere", dpi=(72, 72)
    )
    plain = normalised_logo(file.getvalue())
    assert b"Somebody" not in plain
    assert b"Exif" not in plain
    assert not Image.open(BytesIO(plain)).info


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "no_png"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>", "no_png"),
        (coat_of_arms(kind="JPEG"), "no_png"),
        (coat_of_arms(kind="GIF"), "no_png"),
        (coat_of_arms()[:2000], "no_png"),
        (coat_of_arms()[:60], "no_png"),
        (b"\x89PNG\r\n\x1a\n" + bytes(500), "no_png"),
        (coat_of_arms((2500, 2000)), "too_large"),
        (bytes(1_000_001), "too_large"),
    ],
)
def test_what_is_no_sound_picture_of_a_fair_size_is_refused(data: bytes, problem: str) -> None:
    with pytest.raises(LayoutError) as refusal:
        normalised_logo(data)
    assert (refusal.value.field, refusal.value.problem) == ("logo", problem)


def test_a_bomb_is_refused_by_the_size_it_tells_before_it_is_unpacked() -> None:
    header = b"IHDR" + (60_000).to_bytes(4) * 2 + bytes([8, 6, 0, 0, 0])
    bomb = b"\x89PNG\r\n\x1a\n" + (13).to_bytes(4) + header + zlib.crc32(header).to_bytes(4)
    packed = zlib.compress(bytes(10_000_000))
    data = b"IDAT" + packed
    bomb += len(packed).to_bytes(4) + data + zlib.crc32(data).to_bytes(4)
    with pytest.raises(LayoutError, match="logo"):
        normalised_logo(bomb)


# ---- pages ----


def test_both_layouts_say_the_same_in_the_same_order() -> None:
    upright, lying = (page_text(made_in(Layout(base=base))).split() for base in ("portrait-1", "landscape-1"))
    assert upright == lying
    width, height = pypdfium2.PdfDocument(made_in(Layout(base="landscape-1")))[0].get_size()
    assert (round(width), round(height)) == (842, 595)


def test_own_colours_and_a_logo_are_on_the_page_and_change_no_word() -> None:
    assert page_text(made_in(WITH_ALL)) == page_text(made_in(Layout(base="landscape-1")))
    page = picture(made_in(WITH_ALL))
    colours = {colour for _count, colour in page.getcolors(1_000_000) or ()}
    assert {(138, 28, 44), (150, 20, 40)} <= colours  # the band, the shield
    assert (26, 103, 99) not in colours  # the band of the course


def test_a_logo_stands_top_right_and_18_mm_high_at_most() -> None:
    difference = ImageChops.difference(
        picture(made_in(Layout(**COLOURS))), picture(made_in(Layout(logo=LOGO, **COLOURS)))
    )
    left, top, right, bottom = difference.getbbox() or (0, 0, 0, 0)
    mm = 72 / 25.4
    assert 50 < top < 60
    assert (bottom - top) / mm < 19
    assert left > 200
    assert right <= 595 - 53


@pytest.mark.parametrize("base", SHIPPED)
def test_ink_saving_leaves_the_foot_of_the_page_white(base: str) -> None:
    full, saving = (picture(made_in(Layout(base=base), ink_saving=saving)) for saving in (False, True))
    foot = (0, full.height - 15, full.width, full.height)
    assert saving.crop(foot).getextrema() == ((255, 255),) * 3
    assert full.crop(foot).getextrema() != ((255, 255),) * 3


def test_a_warm_engine_gives_each_employer_its_own_logo() -> None:
    other = normalised_logo(coat_of_arms((300, 300), mode="RGB"))
    first = made_in(WITH_ALL)
    assert made_in(Layout(base="landscape-1", logo=other, **COLOURS)) != first
    assert made_in(WITH_ALL) == first
