"""Row-level security: on PostgreSQL every tenant table shows and takes the rows of the transaction's employer only."""

from alembic import op

from lms.base.row_security import ACCOUNT, isolate, setting

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TENANT_TABLES = (
    "absence",
    "agreed_action",
    "answer",
    "assignment",
    "attempt",
    "attendance",
    "audit",
    "beginning",
    "certificate",
    "development_plan",
    "duty",
    "duty_source",
    "employment",
    "meeting",
    "meeting_session",
    "message",
    "person",
    "plan_activity",
    "plan_goal",
    "progress",
    "proof",
    "reflection_task",
    "requirement",
    "revocation",
    "role_grant",
    "role_profile",
    "status",
    "unit",
    "unit_placement",
)


def upgrade() -> None:
    """Apply."""
    for table in TENANT_TABLES:
        isolate(op.get_bind(), table)
    if op.get_bind().dialect.name == "postgresql":
        # A proven account finds out which employers it belongs to. `coalesce` says nothing new, but keeps the
        # planner from taking the employer for asked twice, and a town of thousands for one of a few people.
        op.execute(
            "CREATE POLICY own_account ON person FOR SELECT "
            f"USING (coalesce(account_id = {setting(ACCOUNT)}, false))"
        )


def downgrade() -> None:
    """Take back."""
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute("DROP POLICY own_account ON person")
    for table in TENANT_TABLES:
        op.execute(f"DROP POLICY employer ON {table}")
        op.execute(f"DROP POLICY owner ON {table}")
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
