"""How an employer lets the certificates of a course run out."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

COLUMNS = ("validity_months", "ends_month", "ends_day", "gap_months")


def upgrade() -> None:
    """Apply."""
    for name in COLUMNS:
        op.add_column("course_setting", sa.Column(name, sa.Integer(), nullable=True))


def downgrade() -> None:
    """Take back."""
    for name in reversed(COLUMNS):
        op.drop_column("course_setting", name)
