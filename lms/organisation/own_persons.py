"""The persons of one account, over all employers: the one look across them."""

from sqlalchemy import select

from lms.base.context import Context
from lms.base.row_security import across_employers
from lms.organisation.models import Person


def persons_of(ctx: Context, account_id: int) -> list[tuple[int, int]]:
    """Employer and person for each employer that an account belongs to. The one look across employers.

    Open: called when the account has been proven.
    """
    own = select(Person.employer_id, Person.id).where(Person.account_id == account_id)
    return [(employer_id, person_id) for employer_id, person_id in across_employers(ctx.db, account_id, own)]


def is_protected_somewhere(ctx: Context, account_id: int) -> bool:
    """Whether the identity of an account's person is protected at any of its employers. One statement.

    Open: asked to show less.
    """
    protected = select(Person.id).where(Person.account_id == account_id, Person.protected)
    return bool(across_employers(ctx.db, account_id, protected))
