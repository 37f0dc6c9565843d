"""A second factor that was added can be taken back by mail, as other changes of how somebody signs in."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

BEFORE = "kind IN ('email', 'phone', 'password')"
NOW = "kind IN ('email', 'phone', 'password', 'app', 'passkey')"


def upgrade() -> None:
    """Apply."""
    _check(NOW)


def downgrade() -> None:
    """Take back; what could not be said before is forgotten."""
    op.execute("DELETE FROM sign_in_change WHERE kind IN ('app', 'passkey')")
    _check(BEFORE)


def _check(condition: str) -> None:
    with op.batch_alter_table("sign_in_change") as batch_op:
        batch_op.drop_constraint(op.f("ck_sign_in_change_kind"), type_="check")
        batch_op.create_check_constraint(op.f("ck_sign_in_change_kind"), condition)
