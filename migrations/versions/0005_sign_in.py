"""Sign-in whole: sessions end when not used, forms kept through a sign-in, changes of how somebody signs in."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def set_kinds(kinds: str, *, nobody: bool) -> None:
    """Say which kinds of links there are, and whether one may be for nobody."""
    if op.get_bind().dialect.name != "sqlite":  # there the table is made anew, without its checks
        op.drop_constraint(op.f("ck_link_token_kind"), "link_token", type_="check")
    with op.batch_alter_table("link_token") as batch_op:
        batch_op.alter_column("account_id", existing_type=sa.Integer(), nullable=nobody)
        batch_op.create_check_constraint(batch_op.f("ck_link_token_kind"), f"kind IN ({kinds})")


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("session") as batch_op:
        batch_op.add_column(sa.Column("ends_at", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("proven_at", sa.DateTime(), nullable=True))
    op.execute("UPDATE session SET ends_at = expires_at")
    set_kinds("'slip', 'mail', 'prove'", nobody=True)
    op.create_table(
        "kept_form",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("kept_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_kept_form_account_id")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_kept_form_session_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_form")),
        sa.UniqueConstraint("public_id", name=op.f("uq_kept_form_public_id")),
    )
    with op.batch_alter_table("kept_form") as batch_op:
        batch_op.create_index(batch_op.f("ix_kept_form_session_id"), ["session_id"], unique=False)
    op.create_table(
        "sign_in_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("old_value", sa.String(), nullable=True),
        sa.Column("new_value", sa.String(), nullable=True),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("stop_hash", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("stop_until", sa.DateTime(), nullable=False),
        sa.Column("done_at", sa.DateTime(), nullable=True),
        sa.Column("stopped_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint("kind IN ('email', 'phone', 'password')", name=op.f("ck_sign_in_change_kind")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_sign_in_change_account_id")),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_sign_in_change_employer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_change")),
        sa.UniqueConstraint("stop_hash", name=op.f("uq_sign_in_change_stop_hash")),
    )
    with op.batch_alter_table("sign_in_change") as batch_op:
        batch_op.create_index(
            batch_op.f("ix_sign_in_change_account_id_kind"), ["account_id", "kind"], unique=False
        )


def downgrade() -> None:
    """Take back; links of the new kinds go."""
    op.drop_table("sign_in_change")
    op.drop_table("kept_form")
    op.execute("DELETE FROM link_token WHERE kind = 'prove' OR account_id IS NULL")
    set_kinds("'slip', 'mail'", nobody=False)
    with op.batch_alter_table("session") as batch_op:
        batch_op.drop_column("proven_at")
        batch_op.drop_column("ends_at")
