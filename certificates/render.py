"""A certificate's content to its PDF, in the layout it names, and any other document to one like it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from certificates.content import CertificateContent
from certificates.drawings import qr_code
from certificates.layout import Layout, layout_named, logo_size
from certificates.maker import maker
from certificates.own_template import own_body
from certificates.words import address_in_print, document_title, facts, sentence, words

if TYPE_CHECKING:
    from certificates.engine import Enclosed, Engine
    from certificates.stencil import Person, Stencils

CREDENTIAL_FILE = "credential.json"  # inside of the PDF
_DENSITIES = ("airy", "regular", "tight", "tightest")
_OWN_TRIES = 2  # of an own template, which may be slow to lay out
_AIRY_TOPICS = 6
_LOGO_HEIGHT, _WIDEST_LOGO = 68, 150  # 18 and 40 mm, in CSS pixels


@dataclass(frozen=True, slots=True)
class Order:
    """A certificate to be rendered, as `render_pdf` takes it."""

    content: CertificateContent
    verify_url: str
    ink_saving: bool = False
    credential: bytes | None = None
    layout: bytes | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """A certificate as a PDF, to look at."""

    pdf: bytes
    sheets: int  # one, unless even the tightest page has no room for it
    fell_back: bool  # an own template had no room for it, so that it is in ours


def render_batch(orders: Iterable[Order]) -> Iterator[bytes]:
    """Certificates one after the other, each as `render_pdf` gives it; best those of a course together.

    Raises what `render_pdf` raises, at the certificate that is to blame.
    """
    for order in orders:
        yield _render(order)


def render_pdf(
    content: CertificateContent,
    verify_url: str,
    *,
    ink_saving: bool = False,
    credential: bytes | None = None,
    layout: bytes | None = None,
) -> bytes:
    """The certificate as one A4 page: tagged, archivable (PDF/A-3a and PDF/UA-1), the same bytes each time.

    The signed `credential`, if there is one, is enclosed: whoever has the file can check it without asking anybody.

    `verify_url` is the full address of this certificate's verification page; it goes into the QR code and the link,
    and in print without the number. `ink_saving` leaves out the hills, or the lower band. `layout` are the data of an
    own layout that the content names. Raises ValueError if the address is not http(s), LayoutError if the data are
    missing or another's, RuntimeError if the package lacks a file.
    """
    return _render(Order(content, verify_url, ink_saving, credential, layout))


def _render(order: Order) -> bytes:
    look = layout_named(order.content.layout, order.layout)
    return _stencils(_page(look)).make(_person(order, look), _alike(order))


def render_in_full(order: Order) -> bytes:
    """As `render_pdf`, laid out anew, whatever was made before. For proof that there is no difference."""
    return render_sample(order).pdf


def render_sample(order: Order) -> Sample:
    """As `render_pdf`, laid out anew; and whether an own template of the layout had no room for it."""
    from certificates.stencil import make_in_full  # noqa: PLC0415 (as below)

    look = layout_named(order.content.layout, order.layout)
    made = make_in_full(_engine("certificate", _page(look)), _person(order, look))
    fell_back = look.template is not None and len(made.tried) > _OWN_TRIES
    return Sample(made.data, len(made.tried[-1].pages), fell_back)


def _page(look: Layout) -> str:
    return look.base.partition("-")[0]


def _person(order: Order, look: Layout) -> "Person":
    from certificates.stencil import Person  # noqa: PLC0415 (as below)

    content, verify_url = order.content, order.verify_url
    if not verify_url.startswith(("https://", "http://")):
        message = f"not an address of a page: {verify_url!r}"
        raise ValueError(message)
    text = words(content.language)
    qr, qr_side = qr_code(verify_url)
    title = document_title(content)
    page = {
        "content": content,
        "maker": maker(),
        "title": title,
        "issued": content.issued_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "words": text,
        "style": _style(look, content.look),
        "sentence": sentence(content),
        "facts": facts(content, verify_url),
        "qr_side": qr_side,
        "qr_alt": text["qr"].format(address=address_in_print(verify_url)),
        "ink_saving": order.ink_saving,
    }
    densities = _DENSITIES[0 if len(content.outcomes) <= _AIRY_TOPICS else 1 :]
    variants: list[tuple[str | None, str]] = [(None, density) for density in densities]
    if look.template is not None:  # what does not fit in it then fits in ours
        variants[:0] = [(look.template, densities[0]), (look.template, densities[-1])]
    return Person(
        drafts=[partial(_draft, page, template, density) for template, density in variants],
        title=title,
        issued_at=content.issued_at,
        address=verify_url,
        qr=qr,
        identifier=content.digest[:32].encode(),
        enclosed=tuple(_enclosed(content, order.credential)),
        logo=look.logo,
    )


def _draft(page: dict[str, Any], template: str | None, density: str, qr_path: str) -> str:
    qr = Markup(_template("qr").render(page, qr_path=qr_path))  # noqa: S704 (of a template that escapes)
    body = None if template is None else own_body(template, _values(page) | {"qr": qr})
    return _template("certificate").render(page, density=density, qr=qr, body=body)


def _values(page: dict[str, Any]) -> dict[str, Any]:
    """What an own template may say, by the names it has there."""
    content: CertificateContent = page["content"]
    link = Markup('<a href="{}">{}</a>')
    return {
        "kind": page["words"]["kind"],
        "name": content.holder_name,
        "sentence": page["sentence"],
        "limits": page["words"]["limits"],
        "issuer": content.issuer_name,
        "department": content.issuer_department or "",
        "topics": content.outcomes,
        "facts": [
            {
                "label": fact.label,
                "value": link.format(fact.link, fact.value) if fact.link else fact.value,
                "wide": fact.wide,
            }
            for fact in page["facts"]
        ],
    }


def example_template() -> str:
    """A template that says the same as ours, for employers to begin with."""
    return (files("certificates") / "layouts" / "example.html").read_text(encoding="utf-8")


def _alike(order: Order) -> tuple[object, ...]:
    """What certificates have in common whose pages may differ in nothing but the person."""
    content = order.content
    return (
        content.layout, content.course_id, content.edition_digest, content.language, content.look,
        content.issuer_name, content.issuer_department, content.signatory_name, order.ink_saving,
        order.credential is None, content.expires_on is None, content.predecessor is None,
    )  # fmt: skip


def _style(layout: Layout, look: str) -> dict[str, str]:
    """What the stylesheets leave open: colours and drawings, as values of CSS by the names of their properties."""
    own = [each.removeprefix("#") for each in (layout.band_colour, layout.text_colour) if each is not None]
    drawings = {
        "band": ["band", look, *own[:1]],
        "tick": ["tick", look, *own[1:]],
        "hills": ["hills", *own],
        "hills-low": ["hills", "low", *own],
    }
    style = {"hue": layout.text_hue(look)} | {
        name: f"url(drawing:{'-'.join(parts)})" for name, parts in drawings.items()
    }
    if layout.logo is not None:
        width, height = logo_size(layout.logo)
        style["logo"] = f"url(logo:{sha256(layout.logo).hexdigest()})"
        style["logo-width"] = f"{min(_WIDEST_LOGO, round(_LOGO_HEIGHT * width / height))}px"
    return style


def _enclosed(content: CertificateContent, credential: bytes | None) -> list["Enclosed"]:
    from certificates.engine import Enclosed  # noqa: PLC0415 (as below)

    if credential is None:
        return []
    described: str = words(content.language)["credential_file"]
    return [Enclosed(CREDENTIAL_FILE, described, credential, "Data", content.issued_at)]


def render_document(html: str, identifier: str) -> bytes:
    """Another document, in the look of `layouts/document.css`, as a PDF of as many pages as it takes.

    Tagged and archivable as a certificate is; the same HTML and identifier give the same bytes. Raises RuntimeError if
    a page asks for something that is not in the package.
    """
    return _engine("document").write([html], identifier.encode())


@cache
def _template(name: str) -> Template:
    loader = PackageLoader("certificates", "layouts")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined).get_template(f"{name}.html")


@cache
def _engine(*stylesheets: str) -> "Engine":
    from certificates.engine import Engine  # noqa: PLC0415 (0.6 s and 56 MB that a web process never needs)

    folder = files("certificates") / "layouts"
    return Engine(
        "\n".join((folder / f"{name}.css").read_text(encoding="utf-8") for name in ("fonts", *stylesheets))
    )


@cache
def _stencils(page: str) -> "Stencils":
    from certificates.stencil import Stencils  # noqa: PLC0415 (as above)

    return Stencils(_engine("certificate", page))
