"""Views of the register that people keep for themselves."""

import sqlalchemy as sa
from alembic import op

from lms.base.row_security import isolate

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "saved_view",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("query", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_saved_view_employer_id_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_saved_view_public_id")),
        sa.UniqueConstraint(
            "employer_id", "person_id", "name", name=op.f("uq_saved_view_employer_id_person_id_name")
        ),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_saved_view_employer_id")),
        sa.ForeignKeyConstraint(
            ["employer_id", "person_id"],
            ["person.employer_id", "person.id"],
            name=op.f("fk_saved_view_employer_id_person_id"),
        ),
    )
    isolate(op.get_bind(), "saved_view")


def downgrade() -> None:
    """Take back."""
    op.drop_table("saved_view")
