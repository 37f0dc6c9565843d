"""Editions: each label of a course in a country once."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply; of two that came out with one label at the same moment, the first one has the name."""
    op.add_column("edition", sa.Column("name", sa.String(), nullable=True))
    op.execute(
        sa.text(
            "UPDATE edition SET name = course || ' ' || country || ' ' || label WHERE NOT EXISTS (SELECT 1"
            " FROM edition AS earlier WHERE earlier.course = edition.course AND earlier.country = edition.country"
            " AND earlier.label = edition.label AND earlier.id < edition.id)"
        )
    )
    op.create_index(op.f("ix_edition_name"), "edition", ["name"], unique=True)


def downgrade() -> None:
    """Take back."""
    op.drop_index(op.f("ix_edition_name"), "edition")
    op.drop_column("edition", "name")
