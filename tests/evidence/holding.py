"""Many people who hold a certificate, by bulk inserts like those of `tests.crowd`."""

from dataclasses import replace

from sqlalchemy import insert, select
from uuid_utils.compat import uuid7

from certificates import canonical_bytes, from_canonical, new_number
from lms.evidence.models import CertificateNumber, CertificateRow
from lms.learning.models import Attempt
from lms.organisation.models import Person
from lms.register.models import Proof


def let_crowd_hold(town):
    """Give everybody of a grown municipality who has a proof the certificate for it, like that of somebody who took it.

    Returns their numbers.
    """
    with town.inside(writes=True) as ctx:
        model = ctx.db.scalars(
            select(CertificateRow).where(CertificateRow.employer_id == ctx.employer_id)
        ).first()
        content = from_canonical(model.content.encode())
        attempt = ctx.db.get_one(Attempt, model.attempt_id)
        crowd = select(Proof, Person).join(Person, Person.id == Proof.person_id)
        rows = ctx.db.execute(
            crowd.where(Proof.employer_id == ctx.employer_id, Proof.certificate_id.is_(None))
        )
        numbers = []
        for proof, person in rows.all():
            taken = ctx.db.scalar(_like(attempt, person_id=person.id).returning(Attempt.id))
            said = replace(content, number=new_number(), holder_name=person.name)
            text = canonical_bytes(said).decode()
            about = {"person_id": person.id, "attempt_id": taken, "number": said.number, "content": text}
            held = ctx.db.scalar(_like(model, **about, digest=said.digest).returning(CertificateRow.id))
            place = {"number": said.number, "employer_id": ctx.employer_id, "certificate_id": held}
            ctx.db.execute(insert(CertificateNumber).values(place))
            proof.certificate_id, proof.reference, proof.edition_id = held, said.number, model.edition_id
            numbers.append(said.number)
        return numbers


def _like(row, **changed):
    """An insert of a row like another one, but for some columns."""
    columns = [column.key for column in row.__table__.columns if column.key not in {"id", "public_id"}]
    values = {key: getattr(row, key) for key in columns} | {"public_id": uuid7()} | changed
    return insert(type(row)).values(values)
