"""Learning: kinds of attempts, answers partly right, notes to oneself, what an employer allows at a course."""

import sqlalchemy as sa
from alembic import op

from lms.base.row_security import isolate

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def one_open(*columns: str) -> None:
    """Let there be one open attempt for each combination of some columns."""
    op.drop_index("uq_attempt_open", table_name="attempt")
    op.create_index(
        "uq_attempt_open",
        "attempt",
        ["employer_id", "person_id", *columns],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "attempt",
        sa.Column(
            "kind",
            sa.String(),
            sa.CheckConstraint(
                "kind IN ('exam', 'pretest', 'refresher', 'update')", name=op.f("ck_attempt_kind")
            ),
            server_default="exam",
            nullable=False,
        ),
    )
    op.add_column("attempt", sa.Column("points", sa.String(), nullable=True))
    op.add_column("attempt", sa.Column("solid", sa.JSON(none_as_null=True), nullable=True))
    one_open("course", "kind")
    op.add_column("answer", sa.Column("credit", sa.String(), nullable=True))
    op.create_table(
        "learner_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("course", sa.String(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("written_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name=op.f("fk_learner_note_edition_id")),
        sa.ForeignKeyConstraint(
            ["employer_id", "person_id"],
            ["person.employer_id", "person.id"],
            name=op.f("fk_learner_note_employer_id_person_id"),
        ),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_learner_note_employer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learner_note")),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_learner_note_employer_id_id")),
        sa.UniqueConstraint(
            "employer_id",
            "person_id",
            "course",
            "item",
            name=op.f("uq_learner_note_employer_id_person_id_course_item"),
        ),
    )
    op.create_table(
        "course_setting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("course", sa.String(), nullable=False),
        sa.Column("pretest", sa.Boolean(), nullable=False),
        sa.Column("exam_language_free", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_course_setting_employer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_setting")),
        sa.UniqueConstraint("employer_id", "course", name=op.f("uq_course_setting_employer_id_course")),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_course_setting_employer_id_id")),
    )
    for table in ("learner_note", "course_setting"):
        isolate(op.get_bind(), table)


def downgrade() -> None:
    """Take back; attempts of other kinds than the exam stay, as exams."""
    op.drop_table("course_setting")
    op.drop_table("learner_note")
    op.drop_column("answer", "credit")
    one_open("course")
    for column in ("solid", "points", "kind"):
        op.drop_column("attempt", column)
