"""How people want to be told and when not, and when they first saw a message in their list."""

import sqlalchemy as sa
from alembic import op

from lms.base.row_security import isolate

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

NOT_OPENED = sa.text("opened_at IS NULL")


def upgrade() -> None:
    """Apply; what was sent before there was a list is nothing new in it."""
    op.add_column("message", sa.Column("opened_at", sa.DateTime(), nullable=True))
    op.execute("UPDATE message SET opened_at = created_at")
    op.create_index(
        "ix_message_not_opened",
        "message",
        ["employer_id", "person_id"],
        sqlite_where=NOT_OPENED,
        postgresql_where=NOT_OPENED,
    )
    op.create_table(
        "message_choice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("quiet_from", sa.Time(), nullable=False),
        sa.Column("quiet_to", sa.Time(), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_message_choice_employer_id")),
        sa.ForeignKeyConstraint(
            ["employer_id", "person_id"],
            ["person.employer_id", "person.id"],
            name=op.f("fk_message_choice_employer_id_person_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_choice")),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_message_choice_employer_id_id")),
        sa.UniqueConstraint("employer_id", "person_id", name=op.f("uq_message_choice_employer_id_person_id")),
    )
    isolate(op.get_bind(), "message_choice")


def downgrade() -> None:
    """Take back."""
    op.drop_table("message_choice")
    op.drop_index("ix_message_not_opened", "message")
    op.drop_column("message", "opened_at")
