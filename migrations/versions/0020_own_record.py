"""Indexes to find what is kept about somebody without reading what is kept about everybody."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_BY_PERSON = ("audit", "beginning", "exam_seat", "imported_fact", "study_group_member")
_ABOUT = ("employer_id", "object_kind", "object_id")


def upgrade() -> None:
    """Apply."""
    for table in _BY_PERSON:
        op.create_index(op.f(f"ix_{table}_employer_id_person_id"), table, ["employer_id", "person_id"])
    op.create_index(op.f(f"ix_audit_{'_'.join(_ABOUT)}"), "audit", _ABOUT)


def downgrade() -> None:
    """Take back."""
    op.drop_index(op.f(f"ix_audit_{'_'.join(_ABOUT)}"), "audit")
    for table in _BY_PERSON:
        op.drop_index(op.f(f"ix_{table}_employer_id_person_id"), table)
