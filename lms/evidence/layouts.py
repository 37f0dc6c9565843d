"""How the employer's certificates look: a layout is tried, looked at, and published for all that come after."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select

import certificates
from lms.base.access import Permission
from lms.base.context import Context, House, work
from lms.base.errors import Conflict, Invalid, NotFound
from lms.catalogue.queries import live_editions
from lms.catalogue.values import Edition
from lms.evidence.models import CertificateLayout
from lms.evidence.rules import expires_on
from lms.organisation.models import Employer, Person

NAMES = {  # whose pages are looked at before a layout is published
    "shortest": "Bo Li",
    "longest": "Maximiliana-Konstantina-Alexandrina-Wilhelmina-Theodora-Anna "
    "Brzęczyszczykiewicz-Hohenzollern-Sigmaringen-Wojciechowskaja",
    "sami": "Áŋŋel Čáhcesuolu-Đorrá",
    "polish": "Żółć Gęślą-Jaźń Świętosława",
}
KINDS = {"pdf": "application/pdf", "png": "image/png"}
KEPT = timedelta(days=14)  # a layout that was tried and never published
_NOBODYS = "2222222222"  # the number on the pages of a preview; its verification page says that there is none
_HISTORY = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """A layout as it was filled in; colours as `#rrggbb`, or empty for those of the course."""

    base: str
    band_colour: str
    text_colour: str
    logo: bytes  # a new one; empty: see `keeps_logo`
    keeps_logo: bool
    template: str = ""  # of the employer's own; empty: ours


@dataclass(frozen=True, slots=True)
class Version:
    """A layout that was tried or published, and by whom; no name for a protected identity."""

    public_id: UUID
    base: str
    band_colour: str | None
    text_colour: str | None
    has_logo: bool
    by: str
    created_at: datetime
    previewed_at: datetime | None
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class Layouts:
    """What is tried now, if anything is, and what was published, newest first; if nothing was, the shipped holds."""

    tried: Version | None
    published: tuple[Version, ...]


def certificate_layouts(ctx: Context) -> Layouts:
    """The layouts of the employer's certificates. One statement."""
    ctx.require(Permission.MANAGE_CERTIFICATE_LAYOUT)
    newest = _newest_id(ctx).scalar_subquery()
    rows = ctx.db.execute(
        select(CertificateLayout, Person.given_name, Person.family_name, Person.protected)
        .join(
            Person,
            and_(
                Person.employer_id == CertificateLayout.employer_id, Person.id == CertificateLayout.person_id
            ),
        )
        .where(
            CertificateLayout.employer_id == ctx.employer_id,
            or_(CertificateLayout.published_at.is_not(None), CertificateLayout.id == newest),
        )
        .order_by(CertificateLayout.id.desc())
        .limit(_HISTORY)
    )
    versions = [_version(*row) for row in rows]
    dated = [(each.published_at, each) for each in versions if each.published_at is not None]
    return Layouts(
        next((each for each in versions if each.published_at is None), None),
        tuple(each for _at, each in sorted(dated, key=itemgetter(0), reverse=True)),
    )


def try_layout(ctx: Context, wanted: Wanted) -> UUID:
    """Keep a layout to be looked at, and have the pages of its preview made; nothing has changed for anybody yet.

    Its data are stored under their own digest before anything speaks of them; in a short unit of work of its own.
    Raises Invalid with what is wrong by field.
    """
    who = ctx.require(Permission.MANAGE_CERTIFICATE_LAYOUT)
    layout = _layout(ctx, wanted)
    key = certificates.layout_key(layout.name)
    if key is not None:
        ctx.house.files.put(key, certificates.layout_bytes(layout))
    with work(ctx.house, who, now=ctx.now) as short:
        row = CertificateLayout(
            employer_id=who.employer_id,
            person_id=who.person_id,
            name=layout.name,
            base=layout.base,
            band_colour=layout.band_colour,
            text_colour=layout.text_colour,
            has_logo=layout.logo is not None,
            created_at=short.now,
        )
        short.db.add(row)
        short.note("certificate_layout.tried", row, layout=layout.name)
        short.later("preview_layout", str(row.public_id), layout=str(row.public_id))
        short.later("forget_layout", str(row.public_id), after=KEPT, layout=str(row.public_id))
        return row.public_id


def publish_layout(ctx: Context, layout: UUID) -> None:
    """Let new certificates have a layout that was tried, from now on; those that there are keep theirs.

    Raises NotFound, or Conflict before the pages of its preview can be looked at.
    """
    who = ctx.require(Permission.MANAGE_CERTIFICATE_LAYOUT)
    row = ctx.open(CertificateLayout, layout, lock=True)
    if row.previewed_at is None:
        raise Conflict("layout_not_seen")
    if row.published_at is None:
        row.published_at, row.person_id = ctx.now, who.person_id
        ctx.db.get_one(Employer, ctx.employer_id).certificate_layout = row.name
        ctx.note("certificate_layout.published", row, layout=row.name)


def previewed_page(ctx: Context, layout: UUID, name: str, kind: str) -> bytes:
    """A page of the preview of a layout, as one of `KINDS`, for one of `NAMES`. Raises NotFound."""
    ctx.require(Permission.MANAGE_CERTIFICATE_LAYOUT)
    row = ctx.open(CertificateLayout, layout)
    if name not in NAMES or kind not in KINDS:
        raise NotFound
    try:
        return ctx.house.files.get(_page_key(ctx.employer_id, row.public_id, name, kind))
    except KeyError:
        raise NotFound from None


def _newest_id(ctx: Context) -> Select[int]:
    return select(func.max(CertificateLayout.id)).where(CertificateLayout.employer_id == ctx.employer_id)


def _version(layout: CertificateLayout, given: str, family: str, protected: bool) -> Version:  # noqa: FBT001 (a column)
    return Version(
        public_id=layout.public_id,
        base=layout.base,
        band_colour=layout.band_colour,
        text_colour=layout.text_colour,
        has_logo=layout.has_logo,
        by="" if protected else f"{given} {family}",
        created_at=layout.created_at,
        previewed_at=layout.previewed_at,
        published_at=layout.published_at,
    )


def _layout(ctx: Context, wanted: Wanted) -> certificates.Layout:
    try:
        return certificates.Layout(
            base=wanted.base,
            band_colour=wanted.band_colour or None,
            text_colour=wanted.text_colour or None,
            template=wanted.template.replace("\r\n", "\n").strip() or None,
            logo=certificates.normalised_logo(wanted.logo)
            if wanted.logo
            else (_kept_logo(ctx) if wanted.keeps_logo else None),
        )
    except certificates.LayoutError as error:
        raise Invalid({error.field: error.problem}, about=error.about) from error


def template_now(ctx: Context) -> str | None:
    """The own template of what was tried or published last; empty if it is ours, None if its data are lost."""
    ctx.require(Permission.MANAGE_CERTIFICATE_LAYOUT)
    try:
        return _newest(ctx).template or ""
    except certificates.LayoutError:
        return None


def example_template() -> str:
    """A template to begin with.

    Open: it is the same for everybody.
    """
    return certificates.example_template()


def _kept_logo(ctx: Context) -> bytes | None:
    try:
        return _newest(ctx).logo
    except certificates.LayoutError as error:
        raise certificates.LayoutError("logo", "lost") from error


def _newest(ctx: Context) -> certificates.Layout:
    """What was tried or published last; the shipped one, if nothing was. Raises LayoutError if its data are lost."""
    name = ctx.db.scalar(
        select(CertificateLayout.name)
        .where(CertificateLayout.employer_id == ctx.employer_id)
        .order_by(CertificateLayout.id.desc())
        .limit(1)
    )
    return certificates.layout_named(name, layout_data(ctx.house, name)) if name else certificates.Layout()


def layout_data(house: House, name: str) -> bytes | None:
    """The data of a layout; None for a shipped one, and for one whose file is lost.

    Open: the name is a digest that stands in a certificate or a layout the caller has opened.
    """
    key = certificates.layout_key(name)
    try:
        return None if key is None else house.files.get(key)
    except KeyError:
        return None


# ---- the worker's part ----


@dataclass(frozen=True, slots=True)
class Preview:
    """What the worker makes pages of: contents by the key that each page has in the files, without its ending."""

    layout: str
    pages: dict[str, certificates.CertificateContent]


def preview_of(ctx: Context, layout: UUID) -> Preview | None:
    """The pages of a preview; None if it was forgotten, another is tried by now, or no course is there to try it with.

    Open: called by the worker for a task that `try_layout` has left.
    """
    row = _tried(ctx, layout)
    editions = list(live_editions(ctx).values())
    if row is None or not editions or row.id != ctx.db.scalar(_newest_id(ctx)):
        return None
    employer = ctx.db.get_one(Employer, ctx.employer_id)
    longest = max(editions, key=lambda edition: len(" ".join(edition.text(ctx.language).outcomes.values())))
    return Preview(
        row.name,
        {
            _page_key(ctx.employer_id, layout, name, ""): _content(
                ctx, employer, longest if name == "longest" else editions[0], name, row.name
            )
            for name in NAMES
        },
    )


def note_previewed(ctx: Context, layout: UUID) -> None:
    """All pages of a preview are there.

    Open: called by the worker.
    """
    row = _tried(ctx, layout)
    if row is not None:
        row.previewed_at = ctx.now


def forget_tried(ctx: Context, layout: UUID) -> list[str]:
    """Forget a layout that was tried and never published; the keys of its pages, to be removed.

    Open: called by the worker.
    """
    row = _tried(ctx, layout)
    if row is None or row.published_at is not None:
        return []
    ctx.db.delete(row)
    return [_page_key(ctx.employer_id, layout, name, kind) for name in NAMES for kind in KINDS]


def _tried(ctx: Context, layout: UUID) -> CertificateLayout | None:
    try:
        return ctx.open(CertificateLayout, layout)
    except NotFound:
        return None


def _page_key(employer_id: int, layout: UUID, name: str, kind: str) -> str:
    return f"previews/{employer_id}/{layout}/{name}.{kind}"


def _content(
    ctx: Context, employer: Employer, edition: Edition, name: str, layout: str
) -> certificates.CertificateContent:
    """A certificate that nobody has, of a course there is, as it would be issued today."""
    text = edition.text(ctx.language)
    return certificates.CertificateContent(
        number=_NOBODYS,
        holder_name=NAMES[name],
        course_id=edition.course,
        course_title=text.title,
        country=edition.country,
        edition=edition.label,
        edition_digest=edition.digest,
        outcomes=tuple(text.outcomes[outcome] for outcome in edition.outcomes),
        language=edition.language(ctx.language),
        minutes=edition.minutes,
        lessons=len(edition.lessons),
        exam_items=edition.exam_items,
        pass_mark=edition.pass_mark,
        achieved_on=ctx.today,
        expires_on=expires_on(ctx.today, edition.validity_months),
        issued_at=ctx.now,
        issuer_name=employer.name,
        issuer_department=employer.department or None,
        signatory_name=employer.signatory_name,
        signatory_title=employer.signatory_title,
        look=edition.look["band"],
        predecessor=_NOBODYS if name == "longest" else None,
        layout=layout,
    )
