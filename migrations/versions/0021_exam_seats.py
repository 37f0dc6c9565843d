"""An attempt belongs to one seat; when seats that were reopened after the end of an exam were ended by hand."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply; of two seats with one attempt each has its own again, the one that was begun when it was taken."""
    op.add_column("exam_sitting", sa.Column("ended_at", sa.DateTime(), nullable=True))
    op.execute(
        "UPDATE exam_seat SET attempt_id = (SELECT own.id FROM attempt AS own"
        " WHERE own.employer_id = exam_seat.employer_id AND own.person_id = exam_seat.person_id"
        " AND own.mode = 'supervised' AND own.opened_at = exam_seat.taken_at)"
        " WHERE EXISTS (SELECT 1 FROM exam_seat AS other WHERE other.employer_id = exam_seat.employer_id"
        " AND other.attempt_id = exam_seat.attempt_id AND other.id <> exam_seat.id)"
    )
    _index(unique=True)


def downgrade() -> None:
    """Take back."""
    _index(unique=False)
    op.drop_column("exam_sitting", "ended_at")


def _index(*, unique: bool) -> None:
    name = op.f("ix_exam_seat_employer_id_attempt_id")
    op.drop_index(name, "exam_seat")
    op.create_index(name, "exam_seat", ["employer_id", "attempt_id"], unique=unique)
