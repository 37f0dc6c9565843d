"""Find what of one kind was done lately without reading all that was done: who took out the register."""

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

_INDEX = "ix_audit_employer_id_action_at"


def upgrade() -> None:
    """Apply."""
    op.create_index(op.f(_INDEX), "audit", ["employer_id", "action", "at"])


def downgrade() -> None:
    """Take back."""
    op.drop_index(op.f(_INDEX), "audit")
