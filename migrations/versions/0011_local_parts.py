"""What employers add to steps of courses, and who has read which version of it."""

import sqlalchemy as sa
from alembic import op

from lms.base.row_security import isolate

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "local_part",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("course", sa.String(), nullable=False),
        sa.Column("lesson", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("written_by", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("superseded_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name=op.f("fk_local_part_edition_id")),
        sa.ForeignKeyConstraint(
            ["employer_id", "written_by"],
            ["person.employer_id", "person.id"],
            name=op.f("fk_local_part_employer_id_written_by"),
        ),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_local_part_employer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_part")),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_local_part_employer_id_id")),
    )
    op.create_index(
        "uq_local_part_place",
        "local_part",
        ["employer_id", "course", "lesson", "step"],
        unique=True,
        sqlite_where=sa.text("superseded_at IS NULL"),
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_table(
        "local_reading",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("local_part_id", sa.Integer(), nullable=False),
        sa.Column("read_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["employer_id", "local_part_id"],
            ["local_part.employer_id", "local_part.id"],
            name=op.f("fk_local_reading_employer_id_local_part_id"),
        ),
        sa.ForeignKeyConstraint(
            ["employer_id", "person_id"],
            ["person.employer_id", "person.id"],
            name=op.f("fk_local_reading_employer_id_person_id"),
        ),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_local_reading_employer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_reading")),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_local_reading_employer_id_id")),
        sa.UniqueConstraint(
            "employer_id",
            "person_id",
            "local_part_id",
            name=op.f("uq_local_reading_employer_id_person_id_local_part_id"),
        ),
    )
    for table in ("local_part", "local_reading"):
        isolate(op.get_bind(), table)


def downgrade() -> None:
    """Take back."""
    op.drop_table("local_reading")
    op.drop_table("local_part")
