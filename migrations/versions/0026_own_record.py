"""The own record: who has opened it, and objections to what it says; why and by whom a role was given."""

import sqlalchemy as sa
from alembic import op

from lms.base.row_security import isolate

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

OPEN = sa.text("answered_at IS NULL")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "record_view",
        *_integers("id", "employer_id", "person_id", "opened_by"),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("page", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.UniqueConstraint(
            "employer_id", "person_id", "opened_by", "page", "on",
            name=op.f("uq_record_view_employer_id_person_id_opened_by_page_on"),
        ),
        *_belongs("record_view", "person_id", "opened_by"),
    )  # fmt: skip
    op.create_index(op.f("ix_record_view_employer_id_on"), "record_view", ["employer_id", "on"])
    op.create_table(
        "objection",
        *_integers("id"),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        *_integers("employer_id", "person_id"),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("kind", "key", "said", "text")),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("answered_at", sa.DateTime(), nullable=True),
        sa.Column("answered_by", sa.Integer(), nullable=True),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("decided", sa.String(), nullable=True),
        sa.CheckConstraint("decided IN ('corrected', 'stays')", name=op.f("ck_objection_decided")),
        sa.UniqueConstraint("public_id", name=op.f("uq_objection_public_id")),
        *_belongs("objection", "person_id", "answered_by"),
    )
    op.create_index(op.f("ix_objection_employer_id_person_id"), "objection", ["employer_id", "person_id"])
    op.create_index(
        "uq_objection_open", "objection", ["employer_id", "person_id", "kind", "key"], unique=True,
        sqlite_where=OPEN, postgresql_where=OPEN,
    )  # fmt: skip
    for table in ("record_view", "objection"):
        isolate(op.get_bind(), table)
    with op.batch_alter_table("role_grant") as batch:
        batch.add_column(sa.Column("reason", sa.String(), nullable=True))
        batch.add_column(sa.Column("given_by", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            op.f("fk_role_grant_employer_id_given_by"),
            "person",
            ["employer_id", "given_by"],
            ["employer_id", "id"],
        )


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("role_grant") as batch:
        batch.drop_constraint(op.f("fk_role_grant_employer_id_given_by"), type_="foreignkey")
        batch.drop_column("given_by")
        batch.drop_column("reason")
    for table in ("objection", "record_view"):
        op.drop_table(table)


def _integers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]


def _belongs(table: str, *people: str) -> list[sa.schema.SchemaItem]:
    """What every table of an employer has, and its columns that name a person."""
    return [
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("employer_id", "id", name=op.f(f"uq_{table}_employer_id_id")),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f(f"fk_{table}_employer_id")),
        *(
            sa.ForeignKeyConstraint(
                ["employer_id", column],
                ["person.employer_id", "person.id"],
                name=op.f(f"fk_{table}_employer_id_{column}"),
            )
            for column in people
        ),
    ]
