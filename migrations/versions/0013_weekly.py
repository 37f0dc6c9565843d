"""A question a week: who wants one, and what was answered."""

import sqlalchemy as sa
from alembic import op

from lms.base.row_security import isolate

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "weekly_choice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["employer_id", "person_id"],
            ["person.employer_id", "person.id"],
            name=op.f("fk_weekly_choice_employer_id_person_id"),
        ),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_weekly_choice_employer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weekly_choice")),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_weekly_choice_employer_id_id")),
        sa.UniqueConstraint("employer_id", "person_id", name=op.f("uq_weekly_choice_employer_id_person_id")),
    )
    op.create_table(
        "weekly_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("course", sa.String(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("asked_week", sa.Date(), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("right", sa.Boolean(), nullable=False),
        sa.Column("answered_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name=op.f("fk_weekly_answer_edition_id")),
        sa.ForeignKeyConstraint(
            ["employer_id", "person_id"],
            ["person.employer_id", "person.id"],
            name=op.f("fk_weekly_answer_employer_id_person_id"),
        ),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_weekly_answer_employer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weekly_answer")),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_weekly_answer_employer_id_id")),
        sa.UniqueConstraint(
            "employer_id",
            "person_id",
            "asked_week",
            name=op.f("uq_weekly_answer_employer_id_person_id_asked_week"),
        ),
    )
    for table in ("weekly_choice", "weekly_answer"):
        isolate(op.get_bind(), table)


def downgrade() -> None:
    """Take back; who wanted questions, and what they answered, is forgotten."""
    op.drop_table("weekly_answer")
    op.drop_table("weekly_choice")
