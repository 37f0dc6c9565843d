"""The language an answer was given in."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("answer", sa.Column("language", sa.String(), nullable=True))


def downgrade() -> None:
    """Take back."""
    op.drop_column("answer", "language")
