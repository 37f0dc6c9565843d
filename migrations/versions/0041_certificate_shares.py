"""Links by which people share certificates for a time."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "certificate_share",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("numbers", sa.JSON(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("with_name", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("opened", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_certificate_share_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_share")),
        sa.UniqueConstraint("public_id", name=op.f("uq_certificate_share_public_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_certificate_share_token_hash")),
    )
    op.create_index(op.f("ix_certificate_share_account_id"), "certificate_share", ["account_id"])
    op.create_index(op.f("ix_certificate_share_expires_at"), "certificate_share", ["expires_at"])


def downgrade() -> None:
    """Take back."""
    op.drop_table("certificate_share")
