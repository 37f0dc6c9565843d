"""Answers from a phone that cannot count, kept with the reason."""

import sqlalchemy as sa
from alembic import op

from lms.base.row_security import isolate

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


TABLE = "answer_aside"


def refuse(change: str) -> None:
    """Let the database itself refuse to change or delete rows."""
    name = f"{TABLE}_append_only_{change.lower()}"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {change} ON {TABLE} "
            f"BEGIN SELECT RAISE(ABORT, '{TABLE} is append-only'); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{TABLE} is append-only'; END $$"
    )
    op.execute(f"CREATE TRIGGER {name} BEFORE {change} ON {TABLE} EXECUTE FUNCTION {name}()")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("given_at", sa.DateTime(), nullable=False),
        sa.Column("received_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint(
            "reason IN ('elsewhere', 'closed', 'expired', 'malformed')", name=op.f("ck_answer_aside_reason")
        ),
        sa.ForeignKeyConstraint(
            ["employer_id", "attempt_id"],
            ["attempt.employer_id", "attempt.id"],
            name=op.f("fk_answer_aside_employer_id_attempt_id"),
        ),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_answer_aside_employer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_aside")),
        sa.UniqueConstraint(
            "employer_id",
            "attempt_id",
            "client_id",
            name=op.f("uq_answer_aside_employer_id_attempt_id_client_id"),
        ),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_answer_aside_employer_id_id")),
    )
    isolate(op.get_bind(), TABLE)
    for change in ("UPDATE", "DELETE"):
        refuse(change)


def downgrade() -> None:
    """Take back."""
    op.drop_table(TABLE)
    if op.get_bind().dialect.name != "sqlite":
        for change in ("update", "delete"):
            op.execute(f"DROP FUNCTION {TABLE}_append_only_{change}")
