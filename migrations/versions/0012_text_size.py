"""How large somebody wants to read."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("account", sa.Column("text_size", sa.String(), nullable=False, server_default="normal"))


def downgrade() -> None:
    """Take back."""
    op.drop_column("account", "text_size")
