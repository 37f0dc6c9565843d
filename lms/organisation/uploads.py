"""A staff list between its dry run and its import: kept for whoever sent it, a day at most."""

from datetime import timedelta
from uuid import UUID, uuid4

from lms.base.access import Permission
from lms.base.context import Context, House, work
from lms.base.errors import NotFound

KEPT = timedelta(hours=24)


def keep_upload(ctx: Context, data: bytes) -> UUID:
    """Keep a file until it is imported or given up; the worker removes what nobody came back to.

    Writes in a short unit of work of its own, before the file is stored: no list of people may
    stay that nothing will remove.
    """
    who = ctx.require(Permission.IMPORT_PEOPLE)
    upload = uuid4()
    with work(ctx.house, who, now=ctx.now) as short:
        short.later("forget_upload", str(upload), after=KEPT, upload=str(upload), person_id=who.person_id)
    ctx.house.files.put(_key(who.employer_id, who.person_id, upload), data)
    return upload


def uploaded(ctx: Context, upload: UUID) -> bytes:
    """The file that the actor has sent. Raises NotFound for another's, and when it has been removed."""
    who = ctx.require(Permission.IMPORT_PEOPLE)
    try:
        return ctx.house.files.get(_key(who.employer_id, who.person_id, upload))
    except KeyError:
        raise NotFound from None


def forget_upload(house: House, employer_id: int, person_id: int, upload: UUID) -> None:
    """Remove a file that somebody has sent, if it is still there.

    Open: the worker removes forgotten files; views call it after `uploaded` has let the actor in.
    """
    house.files.delete(_key(employer_id, person_id, upload))


def _key(employer_id: int, person_id: int, upload: UUID) -> str:
    return f"imports/{employer_id}/{person_id}/{upload}"
