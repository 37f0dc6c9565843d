"""Addresses at which calendars are fetched, and times that people put aside for a course."""

import sqlalchemy as sa
from alembic import op

from lms.base.row_security import isolate

revision = "0050"
down_revision = "0048"
branch_labels = None
depends_on = None

FEED, TIME = "calendar_feed", "learning_time"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        FEED,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f(f"fk_{FEED}_account_id")),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f(f"fk_{FEED}_employer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{FEED}")),
        sa.UniqueConstraint("token_hash", name=op.f(f"uq_{FEED}_token_hash")),
        sa.UniqueConstraint("account_id", "employer_id", name=op.f(f"uq_{FEED}_account_id_employer_id")),
    )
    op.create_table(
        TIME,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("course", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f(f"fk_{TIME}_employer_id")),
        sa.ForeignKeyConstraint(
            ["employer_id", "person_id"],
            ["person.employer_id", "person.id"],
            name=op.f(f"fk_{TIME}_employer_id_person_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TIME}")),
        sa.UniqueConstraint("employer_id", "id", name=op.f(f"uq_{TIME}_employer_id_id")),
        sa.UniqueConstraint("public_id", name=op.f(f"uq_{TIME}_public_id")),
    )
    op.create_index(op.f(f"ix_{TIME}_employer_id_person_id"), TIME, ["employer_id", "person_id"])
    isolate(op.get_bind(), TIME)


def downgrade() -> None:
    """Take back."""
    op.drop_table(TIME)
    op.drop_table(FEED)
