"""Views of the register that somebody keeps: a filter and its days under a name, for the one who saved it."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Conflict, Invalid, NotFound
from lms.base.names import in_order
from lms.base.statements import EMPLOYER, ME
from lms.organisation.models import Person
from lms.register.models import SavedView

MOST = 20  # views of one person
LONGEST_NAME = 60
LONGEST_QUERY = 600


@dataclass(frozen=True, slots=True)
class View:
    """A saved view as its owner sees it."""

    public_id: UUID
    name: str
    query: str


_MINE = (
    select(SavedView.public_id, SavedView.name, SavedView.query)
    .where(SavedView.employer_id == EMPLOYER, SavedView.person_id == ME)
    .order_by(*in_order(SavedView.name))
)


def my_views(ctx: Context) -> list[View]:
    """The actor's saved views, by name. One statement."""
    ctx.require(Permission.SEE_REGISTER)
    return [View(*row) for row in ctx.rows(_MINE)]


def save_view(ctx: Context, name: str, query: str) -> SavedView:
    """Keep a view under a name; one of that name is replaced.

    Raises Invalid without a name or with too long a one, Conflict("too_many_views") when there are MOST already.
    """
    who = ctx.require(Permission.SEE_REGISTER)
    wanted = " ".join(name.split())
    if not wanted or not query:
        raise Invalid({"name": "missing"})
    if len(wanted) > LONGEST_NAME or len(query) > LONGEST_QUERY:
        raise Invalid({"name": "too_long"})
    ctx.open(Person, who.person_id, lock=True)  # two at once are not one too many
    own = (SavedView.employer_id == who.employer_id, SavedView.person_id == who.person_id)
    known = ctx.db.scalars(select(SavedView).where(*own, SavedView.name == wanted)).one_or_none()
    if known is not None:
        known.query = query
        return known
    if ctx.db.scalars(select(func.count()).select_from(SavedView).where(*own)).one() >= MOST:
        raise Conflict("too_many_views", most=MOST)
    made = SavedView(
        employer_id=who.employer_id, person_id=who.person_id, name=wanted, query=query, created_at=ctx.now
    )
    ctx.db.add(made)
    ctx.db.flush()
    return made


def forget_view(ctx: Context, view_id: UUID) -> None:
    """Forget one of the actor's saved views. Raises NotFound."""
    who = ctx.require(Permission.SEE_REGISTER)
    found = ctx.open(SavedView, view_id)
    if found.person_id != who.person_id:
        raise NotFound
    ctx.db.delete(found)
