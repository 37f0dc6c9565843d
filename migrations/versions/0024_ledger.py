"""The ledger: validity, renewal and critical minimum of requirements, dispensations, coverage, revocations as facts.

The status of a duty says where the employment is and how long it lasts, so that lists and counts look nowhere else.
"""

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

from lms.base.row_security import isolate

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

FIGURES = ("posts", "known_posts", "percent", "known_percent", "people", "known_people")
NEW_TABLES = ("dispensation", "coverage", "coverage_day", "coverage_then", "proof_revocation")


def upgrade() -> None:
    """Apply; fills what is kept from facts there are, and enters the revocations so far."""
    for column in ("validity_months", "renewal_days", "minimum"):
        op.add_column("requirement", sa.Column(column, sa.Integer(), nullable=True))
    op.add_column("employment", sa.Column("copy_of", sa.Integer(), nullable=True))
    op.execute(
        "UPDATE employment SET copy_of = (SELECT later.id FROM employment AS later"
        " WHERE later.employer_id = employment.employer_id AND later.person_id = employment.person_id"
        " AND later.recorded_at = employment.superseded_at AND later.id < employment.id)"
        " WHERE superseded_at IS NOT NULL AND 1 = (SELECT count(*) FROM employment AS later"
        " WHERE later.employer_id = employment.employer_id AND later.person_id = employment.person_id"
        " AND later.recorded_at = employment.superseded_at AND later.id < employment.id)"
    )
    _tables()
    for table in NEW_TABLES:
        isolate(op.get_bind(), table)
    _status()
    _enter_revocations(op.get_bind())


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("status") as batch:
        for key in ("person_id", "unit_id"):
            batch.drop_constraint(op.f(f"fk_status_employer_id_{key}"), type_="foreignkey")
        batch.drop_index(op.f("ix_status_employer_id_unit_id_course"))
        batch.drop_index(op.f("ix_status_employer_id_expires_on_unit_id"))
        for column in (
            "person_id", "unit_id", "course", "percent", "first_on", "last_on", "renew_on", "exempt_from", "exempt_to",
        ):  # fmt: skip
            batch.drop_column(column)
        batch.create_index(op.f("ix_status_employer_id_expires_on"), ["employer_id", "expires_on"])
    for table in reversed(NEW_TABLES):
        op.drop_table(table)
    op.drop_column("employment", "copy_of")
    for column in ("minimum", "renewal_days", "validity_months"):
        op.drop_column("requirement", column)


def _enter_revocations(bind: sa.Connection) -> None:
    """What was revoked, each until the day before it was reinstated."""
    proof = sa.table("proof", *map(sa.column, ("employer_id", "id", "certificate_id")))
    decided = sa.table(
        "revocation",
        sa.column("id"), sa.column("employer_id"), sa.column("certificate_id"), sa.column("kind"),
        sa.column("on", sa.Date()), sa.column("recorded_at", sa.DateTime()),
    )  # fmt: skip
    facts = sa.table(
        "proof_revocation",
        sa.column("employer_id"), sa.column("proof_id"), sa.column("valid_from", sa.Date()),
        sa.column("valid_to", sa.Date()), sa.column("recorded_at", sa.DateTime()),
    )  # fmt: skip
    of_proof = sa.and_(
        proof.c.employer_id == decided.c.employer_id, proof.c.certificate_id == decided.c.certificate_id
    )
    rows = bind.execute(
        sa.select(decided.c.employer_id, proof.c.id, decided.c.kind, decided.c.on, decided.c.recorded_at)
        .select_from(sa.join(decided, proof, of_proof))
        .order_by(decided.c.id)
    )
    entered: dict[int, list[dict[str, object]]] = {}
    for employer_id, proof_id, kind, on, recorded_at in rows:
        of_one = entered.setdefault(proof_id, [])
        if kind == "revoked":
            of_one.append(
                {"employer_id": employer_id, "proof_id": proof_id, "valid_from": on, "valid_to": None,
                 "recorded_at": recorded_at}
            )  # fmt: skip
        elif of_one:
            of_one[-1]["valid_to"] = on - timedelta(days=1)
    found = [fact for of_one in entered.values() for fact in of_one]
    if found:
        bind.execute(facts.insert(), found)


def _status() -> None:
    with op.batch_alter_table("status") as batch:
        for column in ("person_id", "unit_id", "percent"):
            batch.add_column(sa.Column(column, sa.Integer(), nullable=True))
        batch.add_column(sa.Column("course", sa.String(), nullable=True))
        for column in ("first_on", "last_on", "renew_on", "exempt_from", "exempt_to"):
            batch.add_column(sa.Column(column, sa.Date(), nullable=True))
        for key in ("person", "unit"):
            batch.create_foreign_key(
                op.f(f"fk_status_employer_id_{key}_id"),
                key,
                ["employer_id", f"{key}_id"],
                ["employer_id", "id"],
            )
        batch.drop_index(op.f("ix_status_employer_id_expires_on"))
        batch.create_index(op.f("ix_status_employer_id_unit_id_course"), ["employer_id", "unit_id", "course"])
        batch.create_index(
            op.f("ix_status_employer_id_expires_on_unit_id"), ["employer_id", "expires_on", "unit_id"]
        )
    duty = (
        "(SELECT {} FROM duty JOIN employment ON employment.employer_id = duty.employer_id"
        " AND employment.id = duty.employment_id"
        " WHERE duty.employer_id = status.employer_id AND duty.id = status.duty_id)"
    )
    for column, source in (
        ("person_id", "duty.person_id"),
        ("course", "duty.course"),
        ("unit_id", "employment.unit_id"),
        ("percent", "employment.percent"),
        ("first_on", "employment.valid_from"),
        ("last_on", "employment.valid_to"),
    ):
        op.execute(f"UPDATE status SET {column} = {duty.format(source)}")  # noqa: S608  (names of ours)


def _belongs(table: str, **references: str) -> list[sa.schema.SchemaItem]:
    """What every table of an employer has, and its references."""
    return [
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("employer_id", "id", name=op.f(f"uq_{table}_employer_id_id")),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f(f"fk_{table}_employer_id")),
        *(
            sa.ForeignKeyConstraint(
                ["employer_id", column],
                [f"{target}.employer_id", f"{target}.id"],
                name=op.f(f"fk_{table}_employer_id_{column}"),
            )
            for column, target in references.items()
        ),
    ]


def _integers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]


def _fact() -> list[sa.Column[object]]:
    return [
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("superseded_at", sa.DateTime(), nullable=True),
    ]


def _tables() -> None:
    op.create_table(
        "dispensation",
        *_integers("id"),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        *_integers("employer_id", "person_id", "given_by"),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("course", "kind", "reason")),
        *_fact(),
        sa.CheckConstraint("kind IN ('exemption', 'extension')", name=op.f("ck_dispensation_kind")),
        sa.UniqueConstraint("public_id", name=op.f("uq_dispensation_public_id")),
        *_belongs("dispensation", person_id="person", unit_id="unit", given_by="person"),
    )
    op.create_index(
        op.f("ix_dispensation_employer_id_person_id_course"),
        "dispensation",
        ["employer_id", "person_id", "course"],
    )
    op.create_table(
        "coverage",
        *_integers("id", "employer_id", "unit_id"),
        sa.Column("course", sa.String(), nullable=False),
        *_integers(*FIGURES),
        sa.UniqueConstraint(
            "employer_id", "unit_id", "course", name=op.f("uq_coverage_employer_id_unit_id_course")
        ),
        *_belongs("coverage", unit_id="unit"),
    )
    op.create_table(
        "coverage_day",
        *_integers("id", "employer_id"),
        sa.Column("day", sa.Date(), nullable=False),
        sa.UniqueConstraint("employer_id", name=op.f("uq_coverage_day_employer_id")),
        *_belongs("coverage_day"),
    )
    op.create_table(
        "coverage_then",
        *_integers("id", "employer_id"),
        sa.Column("day", sa.Date(), nullable=False),
        *_integers("unit_id"),
        sa.Column("course", sa.String(), nullable=False),
        *_integers(*FIGURES),
        sa.UniqueConstraint(
            "employer_id", "day", "unit_id", "course",
            name=op.f("uq_coverage_then_employer_id_day_unit_id_course"),
        ),
        *_belongs("coverage_then", unit_id="unit"),
    )  # fmt: skip
    op.create_table(
        "proof_revocation",
        *_integers("id", "employer_id", "proof_id"),
        *_fact(),
        *_belongs("proof_revocation", proof_id="proof"),
    )
    op.create_index(
        op.f("ix_proof_revocation_employer_id_proof_id"), "proof_revocation", ["employer_id", "proof_id"]
    )
