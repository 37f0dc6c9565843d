"""How long a staff meeting is planned to be, in minutes; who planned one before was not asked."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("meeting", sa.Column("minutes", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Take back."""
    op.drop_column("meeting", "minutes")
