"""Files of the register that are made in the background, and again every week or month."""

import sqlalchemy as sa
from alembic import op

from lms.base.row_security import isolate

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    _table(
        "export_schedule",
        sa.Column("every", sa.String(), nullable=False),
        sa.Column("next_on", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("ended_because", sa.String(), nullable=True),
    )
    _table(
        "export_job",
        sa.Column("schedule_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("reached", sa.JSON(), nullable=False),
        sa.Column("file_key", sa.String(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["employer_id", "schedule_id"],
            ["export_schedule.employer_id", "export_schedule.id"],
            name=op.f("fk_export_job_employer_id_schedule_id"),
        ),
    )
    op.create_index(
        op.f("ix_export_job_employer_id_schedule_id"), "export_job", ["employer_id", "schedule_id"]
    )


def _table(name: str, *more: sa.Column | sa.ForeignKeyConstraint) -> None:
    """What both have: whose they are, and which file of the register."""
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("narrowed", sa.JSON(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        *more,
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f(f"fk_{name}_employer_id")),
        sa.ForeignKeyConstraint(
            ["employer_id", "person_id"],
            ["person.employer_id", "person.id"],
            name=op.f(f"fk_{name}_employer_id_person_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint("employer_id", "id", name=op.f(f"uq_{name}_employer_id_id")),
        sa.UniqueConstraint("public_id", name=op.f(f"uq_{name}_public_id")),
    )
    op.create_index(op.f(f"ix_{name}_employer_id_person_id"), name, ["employer_id", "person_id"])
    isolate(op.get_bind(), name)


def downgrade() -> None:
    """Take back; files that were made stay in the store until somebody removes them."""
    op.drop_table("export_job")
    op.drop_table("export_schedule")
