"""Groups that take a course on one screen, and who is there."""

import sqlalchemy as sa
from alembic import op

from lms.base.row_security import isolate

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "study_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("course", sa.String(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("led_by", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name=op.f("fk_study_group_edition_id")),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_study_group_employer_id")),
        sa.ForeignKeyConstraint(
            ["employer_id", "led_by"],
            ["person.employer_id", "person.id"],
            name=op.f("fk_study_group_employer_id_led_by"),
        ),
        sa.ForeignKeyConstraint(
            ["employer_id", "unit_id"],
            ["unit.employer_id", "unit.id"],
            name=op.f("fk_study_group_employer_id_unit_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study_group")),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_study_group_employer_id_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_study_group_public_id")),
    )
    op.create_index(op.f("ix_study_group_employer_id_unit_id"), "study_group", ["employer_id", "unit_id"])
    op.create_table(
        "study_group_member",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employer.id"], name=op.f("fk_study_group_member_employer_id")
        ),
        sa.ForeignKeyConstraint(
            ["employer_id", "group_id"],
            ["study_group.employer_id", "study_group.id"],
            name=op.f("fk_study_group_member_employer_id_group_id"),
        ),
        sa.ForeignKeyConstraint(
            ["employer_id", "person_id"],
            ["person.employer_id", "person.id"],
            name=op.f("fk_study_group_member_employer_id_person_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study_group_member")),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_study_group_member_employer_id_id")),
        sa.UniqueConstraint(
            "employer_id",
            "group_id",
            "person_id",
            name=op.f("uq_study_group_member_employer_id_group_id_person_id"),
        ),
    )
    for table in ("study_group", "study_group_member"):
        isolate(op.get_bind(), table)


def downgrade() -> None:
    """Take back; what was read together stays read."""
    op.drop_table("study_group_member")
    op.drop_table("study_group")
