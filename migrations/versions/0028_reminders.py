"""Reminders: what a message is about and until when it waits, the employer's terms and words, who wants no digest."""

import sqlalchemy as sa
from alembic import op

from lms.base.row_security import isolate

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

NEW = ("message_terms", "message_words", "digest_choice", "reminder_day")


def _table(name: str, *columns: sa.Column[object] | sa.UniqueConstraint, **references: str) -> None:
    """A table of an employer, with keys that point into the same employer."""
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f(f"fk_{name}_employer_id")),
        *(
            sa.ForeignKeyConstraint(
                ["employer_id", column],
                [f"{table}.employer_id", f"{table}.id"],
                name=op.f(f"fk_{name}_employer_id_{column}"),
            )
            for column, table in references.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint("employer_id", "id", name=op.f(f"uq_{name}_employer_id_id")),
    )


def upgrade() -> None:
    """Apply."""
    op.add_column("message", sa.Column("about_since", sa.Date(), nullable=True))
    op.add_column("message", sa.Column("course", sa.String(), nullable=True))
    op.add_column("message", sa.Column("waits_until", sa.DateTime(), nullable=True))
    op.create_index(
        op.f("ix_message_employer_id_kind_about_id"), "message", ["employer_id", "kind", "about_id"]
    )
    op.create_index(op.f("ix_message_employer_id_created_at"), "message", ["employer_id", "created_at"])
    _table(
        "message_terms",
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("set_by", sa.Integer(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("superseded_at", sa.DateTime(), nullable=True),
        set_by="person",
    )
    op.create_index(
        op.f("ix_message_terms_employer_id_recorded_at"), "message_terms", ["employer_id", "recorded_at"]
    )
    _table(
        "message_words",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("opening", sa.String(), nullable=False),
        sa.Column("closing", sa.String(), nullable=False),
        sa.Column("set_by", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("superseded_at", sa.DateTime(), nullable=True),
        set_by="person",
    )
    op.create_index(
        op.f("ix_message_words_employer_id_kind_language"),
        "message_words",
        ["employer_id", "kind", "language"],
    )
    _table(
        "digest_choice",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.UniqueConstraint("employer_id", "person_id", name=op.f("uq_digest_choice_employer_id_person_id")),
        person_id="person",
    )
    _table(
        "reminder_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.UniqueConstraint("employer_id", name=op.f("uq_reminder_day_employer_id")),
    )
    for table in NEW:
        isolate(op.get_bind(), table)


def downgrade() -> None:
    """Take back; who was reminded stays in the log."""
    for table in reversed(NEW):
        op.drop_table(table)
    op.drop_index(op.f("ix_message_employer_id_created_at"), "message")
    op.drop_index(op.f("ix_message_employer_id_kind_about_id"), "message")
    for column in ("waits_until", "course", "about_since"):
        op.drop_column("message", column)
