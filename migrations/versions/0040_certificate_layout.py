"""How an employer's certificates look: what was tried and published, and what new certificates take."""

import sqlalchemy as sa
from alembic import op

from lms.base.row_security import isolate

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

TABLE = "certificate_layout"


def upgrade() -> None:
    """Apply: all certificates so far are in the layout that was the only one."""
    op.add_column(
        "employer", sa.Column("certificate_layout", sa.String(), nullable=False, server_default="portrait-1")
    )
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("base", sa.String(), nullable=False),
        sa.Column("band_colour", sa.String(), nullable=True),
        sa.Column("text_colour", sa.String(), nullable=True),
        sa.Column("has_logo", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("previewed_at", sa.DateTime(), nullable=True),
        sa.Column("published_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f(f"fk_{TABLE}_employer_id")),
        sa.ForeignKeyConstraint(
            ["employer_id", "person_id"],
            ["person.employer_id", "person.id"],
            name=op.f(f"fk_{TABLE}_employer_id_person_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sa.UniqueConstraint("employer_id", "id", name=op.f(f"uq_{TABLE}_employer_id_id")),
        sa.UniqueConstraint("public_id", name=op.f(f"uq_{TABLE}_public_id")),
    )
    op.create_index(op.f(f"ix_{TABLE}_employer_id_person_id"), TABLE, ["employer_id", "person_id"])
    isolate(op.get_bind(), TABLE)


def downgrade() -> None:
    """Take back; the data of layouts stay in the file store, certificates are made from them."""
    op.drop_table(TABLE)
    op.drop_column("employer", "certificate_layout")
