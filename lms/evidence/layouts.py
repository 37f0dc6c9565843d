"""How the employer's certificates look: a layout is tried, looked at, and published for all that come after."""

from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select
from uuid_utils.compat import uuid7

import certificates
from lms.base.access import Permission
from lms.base.context import Context, House, work
from lms.base.errors import Conflict, Invalid, NotFound
from lms.base.outbox import has_failed
from lms.evidence.models import CertificateLayout
from lms.organisation.models import Employer, Person

NAMES = {  # whose pages are looked at before a layout is published
    "shortest": "Bo Li",
    "longest": "Maximiliana-Konstantina-Alexandrina-Wilhelmina-Theodora-Anna "
    "Brzęczyszczykiewicz-Hohenzollern-Sigmaringen-Wojciechowskaja",
    "sami": "Áŋŋel Čáhcesuolu-Đorrá",
    "polish": "Żółć Gęślą-Jaźń Świętosława",
}
KINDS = {"pdf": "application/pdf", "png": "image/png"}
LONGEST_SIGNATORY = 80  # characters of name and title: the longest preview has room for them on its one page
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
    signatory_name: str = ""  # empty: nobody's name is printed
    signatory_title: str = ""


@dataclass(frozen=True, slots=True)
class Version:
    """A layout that was tried or published, and by whom; no name for a protected identity."""

    public_id: UUID
    base: str
    band_colour: str | None
    text_colour: str | None
    has_logo: bool
    has_template: bool
    in_ours: tuple[
        str, ...
    ]  # of `NAMES`, those whose pages are in ours, since the own template had no room for them
    on_two: tuple[str, ...]  # of the same, those that need more than one sheet
    signatory_name: str | None
    signatory_title: str | None
    by: str
    created_at: datetime
    previewed_at: datetime | None
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class Signatory:
    """Whose name and title are printed on certificates, if anybody's are."""

    name: str | None
    title: str | None


@dataclass(frozen=True, slots=True)
class Layouts:
    """What was tried or published last, if anything was, and what was published, newest first.

    If nothing was published the shipped layout holds, with the signatory whom the employer had from the beginning.
    """

    newest: Version | None
    published: tuple[Version, ...]
    signatory: Signatory  # of new certificates

    @property
    def tried(self) -> Version | None:
        """What waits to be published, if anything does."""
        return None if self.newest is None or self.newest.published_at else self.newest


def certificate_layouts(ctx: Context) -> Layouts:
    """The layouts of the employer's certificates. Two statements."""
    ctx.require(Permission.MANAGE_CERTIFICATE_LAYOUT)
    newest = newest_id(ctx).scalar_subquery()
    rows = ctx.db.execute(
        _versions(ctx)
        .where(or_(CertificateLayout.published_at.is_not(None), CertificateLayout.id == newest))
        .order_by(CertificateLayout.id.desc())
        .limit(_HISTORY)
    )
    versions = [_version(*row) for row in rows]
    dated = [(each.published_at, each) for each in versions if each.published_at is not None]
    employer = ctx.db.get_one(Employer, ctx.employer_id)
    return Layouts(
        next(iter(versions), None),
        tuple(each for _at, each in sorted(dated, key=itemgetter(0), reverse=True)),
        Signatory(employer.signatory_name, employer.signatory_title),
    )


@dataclass(frozen=True, slots=True)
class Trial:
    """A layout that was tried or published, and how far the pages of its preview are."""

    version: Version
    is_newest: bool  # of those that were tried before another one no pages are made
    has_failed: bool  # the pages could not be made; it is tried again


def layout_tried(ctx: Context, layout: UUID) -> Trial:
    """One of the layouts of the employer's certificates. Raises NotFound. Three statements."""
    ctx.require(Permission.MANAGE_CERTIFICATE_LAYOUT)
    row = ctx.db.execute(_versions(ctx).where(CertificateLayout.public_id == layout)).first()
    if row is None:
        raise NotFound
    return Trial(
        _version(*row),
        is_newest=row[0].id == ctx.db.scalar(newest_id(ctx)),
        has_failed=row[0].previewed_at is None and has_failed(ctx.db, "preview_layout", str(layout)),
    )


def _versions(ctx: Context) -> Select[CertificateLayout, str, str, bool]:
    return (
        select(CertificateLayout, Person.given_name, Person.family_name, Person.protected)
        .join(
            Person,
            and_(
                Person.employer_id == CertificateLayout.employer_id, Person.id == CertificateLayout.person_id
            ),
        )
        .where(CertificateLayout.employer_id == ctx.employer_id)
    )


def try_layout(ctx: Context, wanted: Wanted) -> UUID:
    """Keep a layout to be looked at, and have the pages of its preview made; nothing has changed for anybody yet.

    Its data lie with those pages, and are forgotten with them unless it is published; stored before anything speaks of
    them, in a short unit of work of its own. Raises Invalid with what is wrong by field.
    """
    who = ctx.require(Permission.MANAGE_CERTIFICATE_LAYOUT)
    layout, signatory, public_id = *_checked(ctx, wanted), uuid7()
    ctx.house.files.put(tried_key(who.employer_id, public_id), certificates.layout_bytes(layout))
    with work(ctx.house, who, now=ctx.now) as short:
        row = CertificateLayout(
            public_id=public_id,
            employer_id=who.employer_id,
            person_id=who.person_id,
            name=layout.name,
            base=layout.base,
            band_colour=layout.band_colour,
            text_colour=layout.text_colour,
            has_logo=layout.logo is not None,
            has_template=layout.template is not None,
            signatory_name=signatory.name,
            signatory_title=signatory.title,
            created_at=short.now,
        )
        short.db.add(row)
        short.note("certificate_layout.tried", row, layout=layout.name)
        short.later("preview_layout", str(public_id), layout=str(public_id))
    return public_id


def publish_layout(ctx: Context, layout: UUID) -> None:
    """Let new certificates have a layout that was tried, from now on; those that there are keep theirs.

    Its data are stored for good, under their own digest, before any certificate names them; in a short unit of work of
    its own. Raises NotFound, or Conflict before the pages of its preview can be looked at, or if its data are lost.
    """
    who = ctx.require(Permission.MANAGE_CERTIFICATE_LAYOUT)
    seen = ctx.open(CertificateLayout, layout)
    if seen.previewed_at is None:
        raise Conflict("layout_not_seen")
    if seen.published_at is not None:
        return
    _keep_for_good(ctx, seen)
    with work(ctx.house, who, now=ctx.now) as short:
        row = short.open(CertificateLayout, layout, lock=True)
        if row.published_at is None:
            row.published_at, row.person_id = short.now, who.person_id
            employer = short.db.get_one(Employer, who.employer_id)
            employer.certificate_layout = row.name
            employer.signatory_name, employer.signatory_title = row.signatory_name, row.signatory_title
            short.note("certificate_layout.published", row, layout=row.name)


def _keep_for_good(ctx: Context, row: CertificateLayout) -> None:
    key = certificates.layout_key(row.name)
    if key is None:
        return
    try:
        layout = _layout_of(ctx, row)
    except certificates.LayoutError as error:
        raise Conflict("layout_lost") from error
    ctx.house.files.put(key, certificates.layout_bytes(layout))


def published_layout(ctx: Context, name: str) -> bytes:
    """The data of an own layout that the employer has published, for whoever makes one of its certificates again.

    Open: for everybody who has such a certificate, as its name holds that of the layout. Raises NotFound.
    """
    published = select(CertificateLayout.id).where(
        CertificateLayout.employer_id == ctx.employer_id,
        CertificateLayout.name == name,
        CertificateLayout.published_at.is_not(None),
    )
    data = layout_data(ctx.house, name) if ctx.db.scalar(published.limit(1)) else None
    if data is None:
        raise NotFound
    return data


def previewed_page(ctx: Context, layout: UUID, name: str, kind: str) -> bytes:
    """A page of the preview of a layout, as one of `KINDS`, for one of `NAMES`. Raises NotFound."""
    ctx.require(Permission.MANAGE_CERTIFICATE_LAYOUT)
    row = ctx.open(CertificateLayout, layout)
    if name not in NAMES or kind not in KINDS:
        raise NotFound
    try:
        return ctx.house.files.get(page_key(ctx.employer_id, row.public_id, name, kind))
    except KeyError:
        raise NotFound from None


def newest_id(ctx: Context) -> Select[int]:
    """The layout that was tried or published last.

    Open: called by other queries of layouts.
    """
    return select(func.max(CertificateLayout.id)).where(CertificateLayout.employer_id == ctx.employer_id)


def _version(layout: CertificateLayout, given: str, family: str, protected: bool) -> Version:  # noqa: FBT001 (a column)
    return Version(
        public_id=layout.public_id,
        base=layout.base,
        band_colour=layout.band_colour,
        text_colour=layout.text_colour,
        has_logo=layout.has_logo,
        has_template=layout.has_template,
        in_ours=tuple(layout.in_ours),
        on_two=tuple(layout.on_two),
        signatory_name=layout.signatory_name,
        signatory_title=layout.signatory_title,
        by="" if protected else f"{given} {family}",
        created_at=layout.created_at,
        previewed_at=layout.previewed_at,
        published_at=layout.published_at,
    )


def _checked(ctx: Context, wanted: Wanted) -> tuple[certificates.Layout, Signatory]:
    """What was filled in, as it can be kept. Raises Invalid; `about` and `line` are those of a template's fault."""
    signatory = Signatory(_plain(wanted.signatory_name), _plain(wanted.signatory_title))
    faults = _faults_of(signatory)
    try:
        layout = _layout(ctx, wanted)
    except certificates.LayoutError as error:
        faults |= {error.field: error.problem}
        raise Invalid(faults, about=error.about, line=error.line) from error
    if faults:
        raise Invalid(faults, about="", line=None)
    return layout, signatory


def _plain(text: str) -> str | None:
    return " ".join(text.split()) or None


def _faults_of(signatory: Signatory) -> dict[str, str]:
    faults = {}
    if len(signatory.name or "") + len(signatory.title or "") > LONGEST_SIGNATORY:
        faults["signatory_title" if signatory.title else "signatory_name"] = "too_long"
    for field, text in (("signatory_name", signatory.name), ("signatory_title", signatory.title)):
        if text is not None:
            try:
                certificates.check_text(field, text)
            except certificates.ContentError:
                faults[field] = "unreadable"
    if signatory.title and not signatory.name:
        faults["signatory_name"] = "missing"
    return faults


def _layout(ctx: Context, wanted: Wanted) -> certificates.Layout:
    kept = _kept_logo(ctx) if wanted.keeps_logo and not wanted.logo else None
    return certificates.Layout(
        base=wanted.base,
        band_colour=wanted.band_colour or None,
        text_colour=wanted.text_colour or None,
        template=wanted.template or None,
        logo=certificates.normalised_logo(wanted.logo) if wanted.logo else kept,
    )


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


def template_vocabulary() -> certificates.Vocabulary:
    """The words that a template may consist of.

    Open: they are the same for everybody.
    """
    return certificates.template_vocabulary()


def _kept_logo(ctx: Context) -> bytes | None:
    try:
        return _newest(ctx).logo
    except certificates.LayoutError as error:
        raise certificates.LayoutError("logo", "lost") from error


def _newest(ctx: Context) -> certificates.Layout:
    """What was tried or published last; the shipped one, if nothing was. Raises LayoutError if its data are lost."""
    row = ctx.db.scalar(
        select(CertificateLayout)
        .where(CertificateLayout.employer_id == ctx.employer_id)
        .order_by(CertificateLayout.id.desc())
        .limit(1)
    )
    return _layout_of(ctx, row) if row else certificates.Layout()


def _layout_of(ctx: Context, row: CertificateLayout) -> certificates.Layout:
    if row.published_at is not None:
        return certificates.layout_named(row.name, layout_data(ctx.house, row.name))
    return certificates.layout_named(row.name, tried_data(ctx.house, row.employer_id, row.public_id))


def layout_data(house: House, name: str) -> bytes | None:
    """The data of a layout that was published; None for a shipped one, and for one whose file is lost.

    Open: the name is a digest that stands in a certificate or a layout the caller has opened.
    """
    key = certificates.layout_key(name)
    return None if key is None else _data(house, key)


def tried_data(house: House, employer_id: int, layout: UUID) -> bytes | None:
    """The data of a layout that was tried; None if its file is lost.

    Open: of a layout the caller has opened.
    """
    return _data(house, tried_key(employer_id, layout))


def _data(house: House, key: str) -> bytes | None:
    try:
        return house.files.get(key)
    except KeyError:
        return None


def tried_key(employer_id: int, layout: UUID) -> str:
    """Where the data of a layout that is tried lie, beside the pages of its preview."""
    return f"{_folder(employer_id, layout)}/layout.json"


def page_key(employer_id: int, layout: UUID, name: str, kind: str) -> str:
    """Where a page of a preview lies."""
    return f"{_folder(employer_id, layout)}/{name}.{kind}"


def _folder(employer_id: int, layout: UUID) -> str:
    return f"previews/{employer_id}/{layout}"
