"""Supervised exams: a sitting in a room within a window of time, and who has taken a seat there."""

import sqlalchemy as sa
from alembic import op

from lms.base.row_security import isolate

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "exam_sitting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("course", sa.String(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("room", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("opens_at", sa.DateTime(), nullable=False),
        sa.Column("closes_at", sa.DateTime(), nullable=False),
        sa.Column("opened_by", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_exam_sitting_employer_id")),
        sa.ForeignKeyConstraint(
            ["employer_id", "opened_by"],
            ["person.employer_id", "person.id"],
            name=op.f("fk_exam_sitting_employer_id_opened_by"),
        ),
        sa.ForeignKeyConstraint(
            ["employer_id", "unit_id"],
            ["unit.employer_id", "unit.id"],
            name=op.f("fk_exam_sitting_employer_id_unit_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exam_sitting")),
        sa.UniqueConstraint("employer_id", "code", name=op.f("uq_exam_sitting_employer_id_code")),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_exam_sitting_employer_id_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_exam_sitting_public_id")),
    )
    op.create_index(op.f("ix_exam_sitting_employer_id_unit_id"), "exam_sitting", ["employer_id", "unit_id"])
    op.create_table(
        "exam_seat",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("sitting_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("taken_at", sa.DateTime(), nullable=False),
        sa.Column("reopened_at", sa.DateTime(), nullable=True),
        sa.Column("reopened_by", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_exam_seat_employer_id")),
        sa.ForeignKeyConstraint(
            ["employer_id", "attempt_id"],
            ["attempt.employer_id", "attempt.id"],
            name=op.f("fk_exam_seat_employer_id_attempt_id"),
        ),
        sa.ForeignKeyConstraint(
            ["employer_id", "person_id"],
            ["person.employer_id", "person.id"],
            name=op.f("fk_exam_seat_employer_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["employer_id", "reopened_by"],
            ["person.employer_id", "person.id"],
            name=op.f("fk_exam_seat_employer_id_reopened_by"),
        ),
        sa.ForeignKeyConstraint(
            ["employer_id", "sitting_id"],
            ["exam_sitting.employer_id", "exam_sitting.id"],
            name=op.f("fk_exam_seat_employer_id_sitting_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exam_seat")),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_exam_seat_employer_id_id")),
        sa.UniqueConstraint(
            "employer_id",
            "sitting_id",
            "person_id",
            name=op.f("uq_exam_seat_employer_id_sitting_id_person_id"),
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_exam_seat_public_id")),
    )
    op.create_index(op.f("ix_exam_seat_employer_id_attempt_id"), "exam_seat", ["employer_id", "attempt_id"])
    for table in ("exam_sitting", "exam_seat"):
        isolate(op.get_bind(), table)


def downgrade() -> None:
    """Take back; what was answered there stays."""
    op.drop_table("exam_seat")
    op.drop_table("exam_sitting")
