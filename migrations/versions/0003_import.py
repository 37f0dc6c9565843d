"""Imports of people: each leaves a row, and marks what it wrote so that it can be undone."""

import sqlalchemy as sa
from alembic import op

from lms.base.row_security import isolate

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "people_import",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("imported_at", sa.DateTime(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("ended", sa.Integer(), nullable=False),
        sa.Column("undone_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["employer_id", "person_id"],
            ["person.employer_id", "person.id"],
            name=op.f("fk_people_import_employer_id_person_id"),
        ),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_people_import_employer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_import")),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_people_import_employer_id_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_people_import_public_id")),
    )
    op.create_table(
        "imported_fact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("employment_id", sa.Integer(), nullable=True),
        sa.Column("absence_id", sa.Integer(), nullable=True),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.CheckConstraint(
            "employment_id IS NULL OR absence_id IS NULL", name=op.f("ck_imported_fact_one_fact")
        ),
        sa.ForeignKeyConstraint(
            ["employer_id", "import_id"],
            ["people_import.employer_id", "people_import.id"],
            name=op.f("fk_imported_fact_employer_id_import_id"),
        ),
        sa.ForeignKeyConstraint(
            ["employer_id", "person_id"],
            ["person.employer_id", "person.id"],
            name=op.f("fk_imported_fact_employer_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["employer_id", "employment_id"],
            ["employment.employer_id", "employment.id"],
            name=op.f("fk_imported_fact_employer_id_employment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["employer_id", "absence_id"],
            ["absence.employer_id", "absence.id"],
            name=op.f("fk_imported_fact_employer_id_absence_id"),
        ),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_imported_fact_employer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imported_fact")),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_imported_fact_employer_id_id")),
    )
    with op.batch_alter_table("imported_fact", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_imported_fact_employer_id_import_id"), ["employer_id", "import_id"], unique=False
        )
    for table in ("people_import", "imported_fact"):
        isolate(op.get_bind(), table)


def downgrade() -> None:
    """Take back."""
    op.drop_table("imported_fact")
    op.drop_table("people_import")
