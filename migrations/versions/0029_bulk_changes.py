"""What was done for several people in one go."""

import sqlalchemy as sa
from alembic import op

from lms.base.row_security import isolate

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "bulk_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("made", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("undone_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_change")),
        sa.CheckConstraint(
            "kind IN ('assignment', 'extension', 'exemption')", name=op.f("ck_bulk_change_kind")
        ),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_bulk_change_employer_id_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_bulk_change_public_id")),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_bulk_change_employer_id")),
        sa.ForeignKeyConstraint(
            ["employer_id", "made_by"],
            ["person.employer_id", "person.id"],
            name=op.f("fk_bulk_change_employer_id_made_by"),
        ),
    )
    op.create_index(op.f("ix_bulk_change_employer_id_made_by"), "bulk_change", ["employer_id", "made_by"])
    isolate(op.get_bind(), "bulk_change")


def downgrade() -> None:
    """Take back."""
    op.drop_table("bulk_change")
