"""Editions: what a new one asks of those who were taught an earlier one, until when, and who has done it."""

import sqlalchemy as sa
from alembic import op

from lms.base.row_security import isolate

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("edition", sa.Column("effect", sa.String(), nullable=True))
    op.add_column("edition", sa.Column("within_days", sa.Integer(), server_default="0", nullable=False))
    op.add_column("proof", sa.Column("renewal_due_on", sa.Date(), nullable=True))
    op.create_table(
        "edition_receipt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("course", sa.String(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("kind IN ('read', 'update')", name=op.f("ck_edition_receipt_kind")),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name=op.f("fk_edition_receipt_edition_id")),
        sa.ForeignKeyConstraint(
            ["employer_id", "person_id"],
            ["person.employer_id", "person.id"],
            name=op.f("fk_edition_receipt_employer_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employer.id"], name=op.f("fk_edition_receipt_employer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edition_receipt")),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_edition_receipt_employer_id_id")),
        sa.UniqueConstraint(
            "employer_id",
            "person_id",
            "course",
            "edition_id",
            "kind",
            name=op.f("uq_edition_receipt_employer_id_person_id_course_edition_id_kind"),
        ),
    )
    isolate(op.get_bind(), "edition_receipt")


def downgrade() -> None:
    """Take back; what people have read and taken of new editions is forgotten."""
    op.drop_table("edition_receipt")
    op.drop_column("proof", "renewal_due_on")
    op.drop_column("edition", "within_days")
    op.drop_column("edition", "effect")
