"""Keep the address of an auditor from outside with the appointment: it may be a way in at another employer already."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("role_grant", sa.Column("email", sa.String(), nullable=True))


def downgrade() -> None:
    """Take back."""
    op.drop_column("role_grant", "email")
