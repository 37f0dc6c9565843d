"""Who signs certificates is tried and published with how they look; and which pages an own template had no room for."""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

TABLE = "certificate_layout"
SIGNATORY = ("signatory_name", "signatory_title")


def upgrade() -> None:
    """Apply: until now who signs was the employer's alone, and the same since it was made."""
    op.add_column(TABLE, sa.Column("has_template", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column(TABLE, sa.Column("in_ours", sa.JSON(), nullable=False, server_default="[]"))
    for name in SIGNATORY:
        op.add_column(TABLE, sa.Column(name, sa.String(), nullable=True))
        op.execute(
            f"UPDATE {TABLE} SET {name} = "  # noqa: S608 (names from above)
            f"(SELECT employer.{name} FROM employer WHERE employer.id = {TABLE}.employer_id)"
        )


def downgrade() -> None:
    """Take back; the employer keeps the signatory that was published last."""
    for name in (*SIGNATORY, "in_ours", "has_template"):
        op.drop_column(TABLE, name)
