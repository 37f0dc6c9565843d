"""Take what somebody waits for before thousands of letters, and find what is to be done among what was."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

FIRST, USUAL, LAST = range(3)
URGENT = ("send_sign_in_mail", "send_change_code", "send_change_notice", "after_sign_in_change", "after_slip")


def upgrade() -> None:
    """Apply. Letters that are waiting already let others go before them, too."""
    op.add_column("outbox", sa.Column("rank", sa.Integer(), server_default=str(USUAL), nullable=False))
    outbox = sa.table("outbox", *map(sa.column, ("kind", "rank", "done_at")))
    for rank, kinds in ((FIRST, URGENT), (LAST, ("send_message",))):
        op.execute(
            sa.update(outbox).where(outbox.c.done_at.is_(None), outbox.c.kind.in_(kinds)).values(rank=rank)
        )
    to_do = sa.text("done_at IS NULL")
    op.create_index(
        "ix_outbox_to_do", "outbox", ["rank", "due_at", "id"], sqlite_where=to_do, postgresql_where=to_do
    )


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_outbox_to_do", "outbox")
    op.drop_column("outbox", "rank")
