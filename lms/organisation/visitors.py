"""Who somebody is today: on a device they are signed in on, or on a day for what is done in their name."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    false,
    select,
)
from sqlalchemy.orm import Session, aliased

from lms.base.access import Actor, Grant, Role
from lms.base.context import local_day
from lms.base.row_security import bind_by
from lms.base.statements import built_once
from lms.identity.models import Account, UserSession
from lms.identity.second_factor import HAS_FACTOR
from lms.organisation.factor_policy import is_demanded, is_offered
from lms.organisation.models import Employer, Employment, Person, RoleGrant, Unit


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is signed in on a device: the actor, and what every page shows of them."""

    actor: Actor
    session_id: int
    remembered: bool  # the device: somebody's own
    seen_at: datetime
    activated: bool
    given_name: str
    family_name: str
    title: str  # of the current employment; empty without one
    language: str
    theme: str
    text_size: str
    employer_name: str
    employer_slug: str
    department: str
    country: str
    time_zone: str
    has_factor: bool  # a second one, which this device has to prove
    factor_proven_at: datetime | None  # on this device
    factor_offered: bool
    factor_demanded: bool  # by the employer, today
    has_news: bool  # as asked for
    is_shared: bool  # on a device that several people share: a learner, whatever else the person is


_NODE, _PLACE, _NONE = aliased(Unit), aliased(Unit), false()


def _with_standing(people: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """A select of persons, with every role and employment of theirs as further rows, for `_standing`."""
    return (
        people.add_columns(
            RoleGrant.role, _NODE.path, RoleGrant.valid_from, RoleGrant.valid_to,
            _PLACE.path, Employment.title, Employment.valid_from, Employment.valid_to,
        )
        .outerjoin(
            RoleGrant,
            and_(
                RoleGrant.employer_id == Person.employer_id,
                RoleGrant.person_id == Person.id,
                RoleGrant.superseded_at.is_(None),
            ),
        )
        .outerjoin(_NODE, and_(_NODE.employer_id == RoleGrant.employer_id, _NODE.id == RoleGrant.unit_id))
        .outerjoin(
            Employment,
            and_(
                Employment.employer_id == Person.employer_id,
                Employment.person_id == Person.id,
                Employment.superseded_at.is_(None),
            ),
        )
        .outerjoin(_PLACE, and_(_PLACE.employer_id == Employment.employer_id, _PLACE.id == Employment.unit_id))
    )  # fmt: skip


@built_once
def _visitor(news: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    people = select(
        UserSession.id, UserSession.remembered, UserSession.seen_at,
        Account.id, Account.language, Account.theme, Account.text_size, Account.activated_at,
        Person.id, Person.given_name, Person.family_name,
        Employer.id, Employer.name, Employer.slug, Employer.department, Employer.country, Employer.time_zone,
        Employer.second_factor, Employer.second_factor_from, UserSession.second_factor_at, HAS_FACTOR, news,
        UserSession.shared_device,
    )  # fmt: skip
    return _with_standing(
        people.join(Account, Account.id == UserSession.account_id)
        .join(Employer, Employer.id == UserSession.employer_id)
        .join(Person, and_(Person.employer_id == Employer.id, Person.account_id == Account.id))
        .where(
            UserSession.token_hash == bindparam("token_hash"),
            UserSession.revoked_at.is_(None),
            UserSession.expires_at > bindparam("now"),
        )
    )


def visitor(db: Session, token_hash: str, now: datetime, news: ColumnElement[bool] = _NONE) -> Visitor | None:
    """Who is signed in with this session token; None if it is unknown, over or revoked.

    One statement for all that every page needs: grants and employments come as further rows; `news` is a condition
    about the `Person` by which they have some.
    Open: the way in; it is asked before there is an actor. The session row names the employer.
    """
    bind_by(db, select(UserSession.employer_id).where(UserSession.token_hash == token_hash))
    db.flush()  # a session that has just been opened must be there to be read
    rows = db.connection().execute(_visitor(news), {"token_hash": token_hash, "now": now}).all()
    if not rows:
        return None
    (session_id, remembered, seen_at, account_id, language, theme, text_size, activated_at, person_id, given, family,
     employer_id, employer_name, slug, department, country, time_zone,
     policy, demanded_from, proven_at, has_factor, has_news, shared_device) = rows[0][:23]  # fmt: skip
    today = local_day(now, time_zone)
    grants, title = _standing((row[23:] for row in rows), today)
    if shared_device is not None:
        grants = tuple(grant for grant in grants if grant.role is Role.STAFF)
    actor = Actor(account_id, person_id, employer_id, f"{given} {family}", grants)
    return Visitor(
        actor=actor,
        session_id=session_id,
        remembered=remembered,
        seen_at=seen_at,
        activated=activated_at is not None,
        given_name=given,
        family_name=family,
        title=title,
        language=language,
        theme=theme,
        text_size=text_size,
        employer_name=employer_name,
        employer_slug=slug,
        department=department,
        country=country,
        time_zone=time_zone,
        has_factor=has_factor,
        factor_proven_at=proven_at,
        factor_offered=is_offered(policy, entrusted=actor.is_entrusted),
        factor_demanded=is_demanded(policy, demanded_from, today, entrusted=actor.is_entrusted),
        has_news=has_news,
        is_shared=shared_device is not None,
    )


def actor_on(db: Session, employer_id: int, person_id: int, day: date) -> Actor:
    """A person as an actor, with the roles of a day. One statement.

    Open: asked by the program's own commands; who uses the pages is found by `visitor`.
    """
    rows = db.execute(
        _with_standing(
            select(Person.account_id, Person.given_name, Person.family_name).where(
                Person.employer_id == employer_id, Person.id == person_id
            )
        )
    ).all()
    account_id, given, family = rows[0][:3]
    grants, _title = _standing((row[3:] for row in rows), day)
    return Actor(account_id, person_id, employer_id, f"{given} {family}", grants)


def _standing(rows: Iterable[Sequence[Any]], day: date) -> tuple[tuple[Grant, ...], str]:
    """Roles on a day with the nodes they hold for, and the title of the employment, empty without one.

    Being staff follows from a current employment.
    """
    grants, title = set(), ""
    for (role, node_path, granted_from, granted_to,
         place_path, of_employment, employed_from, employed_to) in rows:  # fmt: skip
        if _holds(granted_from, granted_to, day):
            grants.add(Grant(Role(role), node_path or "/"))
        if _holds(employed_from, employed_to, day):
            grants.add(Grant(Role.STAFF, place_path))
            title = of_employment
    return tuple(sorted(grants, key=str)), title


def _holds(first: date | None, last: date | None, day: date) -> bool:
    return first is not None and first <= day and (last is None or day <= last)
