"""Each time a seat of an exam is opened once more, and each attempt that is given beyond the limit of an author."""

import sqlalchemy as sa
from alembic import op

from lms.base.row_security import isolate

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TABLES = ("exam_reopening", "extra_attempt")


def refuse(table: str, change: str) -> None:
    """Let the database itself refuse to change or delete rows."""
    name = f"{table}_append_only_{change.lower()}"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {change} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
    )
    op.execute(f"CREATE TRIGGER {name} BEFORE {change} ON {table} EXECUTE FUNCTION {name}()")


def upgrade() -> None:
    """Apply; what is known of seats that were reopened is taken over, and what was left without an answer is marked."""
    op.create_table(
        "exam_reopening",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("seat_id", sa.Integer(), nullable=False),
        sa.Column("reopened_at", sa.DateTime(), nullable=False),
        sa.Column("reopened_by", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_exam_reopening_employer_id")),
        sa.ForeignKeyConstraint(
            ["employer_id", "reopened_by"],
            ["person.employer_id", "person.id"],
            name=op.f("fk_exam_reopening_employer_id_reopened_by"),
        ),
        sa.ForeignKeyConstraint(
            ["employer_id", "seat_id"],
            ["exam_seat.employer_id", "exam_seat.id"],
            name=op.f("fk_exam_reopening_employer_id_seat_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exam_reopening")),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_exam_reopening_employer_id_id")),
    )
    op.create_index(
        op.f("ix_exam_reopening_employer_id_seat_id"), "exam_reopening", ["employer_id", "seat_id"]
    )
    op.create_table(
        "extra_attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("course", sa.String(), nullable=False),
        sa.Column("given_at", sa.DateTime(), nullable=False),
        sa.Column("given_by", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_extra_attempt_employer_id")),
        sa.ForeignKeyConstraint(
            ["employer_id", "given_by"],
            ["person.employer_id", "person.id"],
            name=op.f("fk_extra_attempt_employer_id_given_by"),
        ),
        sa.ForeignKeyConstraint(
            ["employer_id", "person_id"],
            ["person.employer_id", "person.id"],
            name=op.f("fk_extra_attempt_employer_id_person_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extra_attempt")),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_extra_attempt_employer_id_id")),
    )
    op.create_index(
        op.f("ix_extra_attempt_employer_id_person_id_course"),
        "extra_attempt",
        ["employer_id", "person_id", "course"],
    )
    op.execute(
        "INSERT INTO exam_reopening (employer_id, seat_id, reopened_at, reopened_by, reason) "
        "SELECT employer_id, id, reopened_at, reopened_by, reason FROM exam_seat WHERE reason IS NOT NULL"
    )
    op.execute(
        'UPDATE attempt SET "right" = NULL, points = NULL, passed = NULL, solid = NULL '
        "WHERE mode = 'supervised' AND closed_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM answer "
        "WHERE answer.employer_id = attempt.employer_id AND answer.attempt_id = attempt.id)"
    )
    for table in TABLES:
        for change in ("UPDATE", "DELETE"):
            refuse(table, change)
        isolate(op.get_bind(), table)


def downgrade() -> None:
    """Take back; the last time each seat was reopened stays known."""
    for table in TABLES:
        op.drop_table(table)
        if op.get_bind().dialect.name != "sqlite":
            for change in ("update", "delete"):
                op.execute(f"DROP FUNCTION {table}_append_only_{change}")
