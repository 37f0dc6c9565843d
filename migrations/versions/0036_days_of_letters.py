"""Find what letters are about by its day and by when it came, and what lately went to some people."""

from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

INDEXES = {
    "status": ["employer_id", "due_on"],
    "duty": ["employer_id", "created_at"],
    "message": ["employer_id", "person_id", "created_at"],
}
_SHORTER = "ix_message_employer_id_person_id"  # which the last of them begins with


def upgrade() -> None:
    """Apply."""
    for table, columns in INDEXES.items():
        op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, columns)
    op.drop_index(op.f(_SHORTER), "message")


def downgrade() -> None:
    """Take back."""
    op.create_index(op.f(_SHORTER), "message", ["employer_id", "person_id"])
    for table, columns in INDEXES.items():
        op.drop_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table)
