"""Devices that the people of a unit share, and the personal codes by which they come in."""

import sqlalchemy as sa
from alembic import op

from lms.base.row_security import isolate

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

DEVICE, CODE = "shared_device", "personal_code"


def upgrade() -> None:
    """Apply."""
    op.add_column("session", sa.Column("shared_device", sa.Uuid(), nullable=True))
    op.create_table(
        CODE,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("set_at", sa.DateTime(), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f(f"fk_{CODE}_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{CODE}")),
        sa.UniqueConstraint("account_id", name=op.f(f"uq_{CODE}_account_id")),
    )
    op.create_table(
        DEVICE,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f(f"fk_{DEVICE}_employer_id")),
        *(
            sa.ForeignKeyConstraint(
                ["employer_id", column],
                [f"{table}.employer_id", f"{table}.id"],
                name=op.f(f"fk_{DEVICE}_employer_id_{column}"),
            )
            for column, table in (("unit_id", "unit"), ("made_by", "person"), ("ended_by", "person"))
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{DEVICE}")),
        sa.UniqueConstraint("employer_id", "id", name=op.f(f"uq_{DEVICE}_employer_id_id")),
        sa.UniqueConstraint("employer_id", "token_hash", name=op.f(f"uq_{DEVICE}_employer_id_token_hash")),
        sa.UniqueConstraint("public_id", name=op.f(f"uq_{DEVICE}_public_id")),
    )
    op.create_index(op.f(f"ix_{DEVICE}_employer_id_unit_id"), DEVICE, ["employer_id", "unit_id"])
    isolate(op.get_bind(), DEVICE)


def downgrade() -> None:
    """Take back."""
    op.drop_table(DEVICE)
    op.drop_table(CODE)
    op.drop_column("session", "shared_device")
