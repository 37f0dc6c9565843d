"""Find those whom a dispensation exempts without reading everybody else."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    some = sa.text("exempt_from IS NOT NULL")
    op.create_index(
        "ix_status_exempt", "status", ["employer_id", "unit_id"], sqlite_where=some, postgresql_where=some
    )


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_status_exempt", "status")
