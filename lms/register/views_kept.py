"""Keep who has opened somebody's record, so that the person can see it; and forget it after two years."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, Engine, Row, Select, Uuid, and_, bindparam, delete, select

from lms.base.access import WHOLE, Actor, Permission, Role
from lms.base.context import Context, House, work
from lms.base.errors import Away
from lms.base.statements import EMPLOYER, ME, TODAY
from lms.organisation.models import Employment, Person, Unit
from lms.organisation.queries import in_force
from lms.register.models import Proof
from lms.register.record_models import RecordView

log = logging.getLogger(__name__)

KEPT = timedelta(days=731)  # two years
MOST_REMEMBERED = 10_000  # views in the memory of a process, about a megabyte
_REMEMBERED: WeakKeyDictionary[Engine, set[tuple[Any, ...]]] = WeakKeyDictionary()
_EVIDENCE = (Permission.SEE_REGISTER, Permission.SEE_TEAM)
_ORDER = (
    Role.LEAD,
    Role.OFFICER,
    Role.AUDITOR,
    Role.AUTHORISER,
    Role.ADMIN,
)  # which of several roles is named


def _whose(condition: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Of somebody else: person, where they work today, and whether this page was kept today already."""
    kept = and_(
        RecordView.employer_id == Person.employer_id,
        RecordView.person_id == Person.id,
        RecordView.opened_by == ME,
        RecordView.page == bindparam("page"),
        RecordView.on == TODAY,
    )
    return (
        select(Person.id, Unit.path, RecordView.id)
        .outerjoin(
            Employment,
            and_(
                Employment.employer_id == Person.employer_id,
                Employment.person_id == Person.id,
                in_force(Employment, TODAY),
            ),
        )
        .outerjoin(Unit, and_(Unit.employer_id == Employment.employer_id, Unit.id == Employment.unit_id))
        .outerjoin(RecordView, kept)
        .where(Person.employer_id == EMPLOYER, Person.id != ME, condition)
    )


_PERSON = _whose(Person.public_id == bindparam("person", type_=Uuid()))
_HOLDER = _whose(
    Person.id
    == select(Proof.person_id)
    .where(Proof.employer_id == EMPLOYER, Proof.reference == bindparam("number"))
    .scalar_subquery()
)


def keep_view(ctx: Context, page: str, permission: Permission, person_id: UUID) -> None:
    """Keep that the actor has been shown a page about somebody: once a day. At most two statements, mostly none.

    Open: called by pages that only read, after the queries that check who asks.
    """
    _keep(ctx, page, (permission,), _PERSON, person=person_id)


def keep_certificate_view(ctx: Context, number: str) -> None:
    """Keep the same of a certificate, by its number as it is stored.

    Open: called by pages that only read, after the queries that check who asks.
    """
    _keep(ctx, "certificate", _EVIDENCE, _HOLDER, number=number)


def _keep(
    ctx: Context,
    page: str,
    permissions: tuple[Permission, ...],
    whose: Select[*tuple[Any, ...]],
    **which: UUID | str,
) -> None:
    """Write it in a transaction of its own, for the page's one only reads. A page is not lost over this."""
    remembered = _remembered(ctx.house)
    view = (ctx.employer_id, ctx.who.person_id, ctx.today, page, *which.values())
    if view in remembered:
        return
    try:
        _keep_in_database(ctx, page, permissions, ctx.rows(whose, page=page, **which).all())
    except Away:
        log.warning("that a record was opened could not be kept")
    else:
        remembered.add(view)


def _remembered(house: House) -> set[tuple[Any, ...]]:
    """What this process need not keep again: a lead who goes through the team opens the same pages many times."""
    views = _REMEMBERED.setdefault(house.engine, set())
    if len(views) >= MOST_REMEMBERED:
        views.clear()
    return views


def _keep_in_database(
    ctx: Context, page: str, permissions: tuple[Permission, ...], rows: Sequence[Row[*tuple[Any, ...]]]
) -> None:
    if not rows or rows[0][2] is not None:
        return
    role = _role_used(ctx.who, permissions, [path for _person, path, _kept in rows if path])
    view = RecordView(
        employer_id=ctx.employer_id, person_id=rows[0][0], opened_by=ctx.who.person_id, on=ctx.today, page=page,
        role=role,
    )  # fmt: skip
    with work(ctx.house, ctx.who, now=ctx.now) as kept:
        kept.add_once(view)  # another process may just have done it


def _role_used(who: Actor, permissions: tuple[Permission, ...], paths: list[str]) -> str:
    """The role by which somebody was shown: one that gives a permission where the person works, before any other."""
    giving = [grant for grant in who.grants if any(grant.gives(each) for each in permissions)]
    near = [
        grant for grant in giving if grant.path == WHOLE or any(path.startswith(grant.path) for path in paths)
    ]
    held = {grant.role for grant in near or giving}
    return next((role.value for role in _ORDER if role in held), "")


def forget_views(ctx: Context, most: int) -> int:
    """Forget what was kept more than two years ago: at most so many rows; returns how many.

    Open: called by the worker.
    """
    over = (
        select(RecordView.id)
        .where(RecordView.employer_id == ctx.employer_id, RecordView.on < ctx.today - KEPT)
        .limit(most)
    )
    gone = delete(RecordView).where(RecordView.employer_id == ctx.employer_id, RecordView.id.in_(over))
    rows = gone.returning(RecordView.id).execution_options(synchronize_session=False)
    return len(ctx.db.execute(rows).all())
