"""Requirements in versions: of several roles and kinds of employment, due after days or by a day.

What was one role stands in `roles`; the column of the one goes with the release after.
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply; each requirement there is becomes the first version of itself."""
    op.add_column("requirement", sa.Column("rule", sa.Uuid(), nullable=True))
    op.add_column("requirement", sa.Column("roles", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("requirement", sa.Column("kinds", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("requirement", sa.Column("not_before", sa.Date(), nullable=True))
    op.execute("UPDATE requirement SET rule = public_id")
    role = sa.table("role_profile", sa.column("id", sa.Integer), sa.column("key", sa.String))
    rows = sa.table("requirement", sa.column("role_profile_id", sa.Integer), sa.column("roles", sa.JSON))
    bind = op.get_bind()
    for role_id, key in bind.execute(sa.select(role.c.id, role.c.key)).all():
        bind.execute(rows.update().where(rows.c.role_profile_id == role_id).values(roles=[key]))
    op.create_index(op.f("ix_requirement_employer_id_rule"), "requirement", ["employer_id", "rule"])


def downgrade() -> None:
    """Take back; what the release before cannot say, of several roles or kinds, it would ask of all: that ends."""
    op.execute(
        "UPDATE requirement SET valid_to = valid_from, superseded_at = recorded_at"
        " WHERE superseded_at IS NULL AND (CAST(kinds AS VARCHAR) <> '[]'"
        " OR (role_profile_id IS NULL AND CAST(roles AS VARCHAR) <> '[]'))"
    )
    op.drop_index(op.f("ix_requirement_employer_id_rule"), "requirement")
    for column in ("not_before", "kinds", "roles", "rule"):
        op.drop_column("requirement", column)
