"""The migration of sign-in goes down and up again with people signed in, and the database knows the kinds of links."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from lms.base.context import work
from lms.base.migrate import migrate
from lms.base.row_security import make_owner_engine
from lms.identity.actions import start_session
from lms.identity.models import LinkToken, UserSession
from lms.identity.ways_in import request_proof, request_sign_in
from tests.older import downgrade


def test_people_stay_signed_in_through_it(house, granvik):
    amina = granvik.actor("amina")
    start_session(
        house, account_id=amina.account_id, employer_id=amina.employer_id, user_agent="", remember=True
    )
    with granvik.work("amina") as ctx:
        request_proof(ctx)
        request_sign_in(ctx, "nobody@granvik.example")
        request_sign_in(ctx, "amina.yusuf@granvik.example")
    owner = make_owner_engine(house.settings)
    downgrade(owner, "0004")
    migrate(owner)
    owner.dispose()
    with work(house, writes=False) as ctx:
        session = ctx.db.scalars(select(UserSession)).one()
        assert session.ends_at == session.expires_at
        links = ctx.db.execute(select(LinkToken.kind, LinkToken.account_id)).all()
    assert [tuple(link) for link in links] == [("mail", amina.account_id)]


@pytest.mark.parametrize(("kind", "known"), [("slip", True), ("mail", True), ("prove", True), ("x", False)])
def test_the_database_knows_the_kinds_of_links(house, kind, known):
    insert = text(
        "INSERT INTO link_token (kind, token_hash, code_hash, tries, created_at, expires_at) "
        "VALUES (:kind, 'a', 'b', 0, '2026-01-01', '2026-01-01')"
    )
    with house.writer.connect() as connection, connection.begin() as transaction:
        if known:
            connection.execute(insert, {"kind": kind})
        else:
            with pytest.raises(IntegrityError):
                connection.execute(insert, {"kind": kind})
        transaction.rollback()
