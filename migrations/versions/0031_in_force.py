"""One version in force of when an employer's messages go, and of each of its lines: two saved at once left two."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

KEYS = {"message_terms": ["employer_id"], "message_words": ["employer_id", "kind", "language"]}


def upgrade() -> None:
    """Apply. Of two versions the newer one stays in force, as it would have been one after the other."""
    in_force = sa.text("superseded_at IS NULL")
    for name, keys in KEYS.items():
        table = sa.table(name, *map(sa.column, [*keys, "id", "recorded_at", "superseded_at"]))
        newer = table.alias("newer")
        since = (
            sa.select(sa.func.max(newer.c.recorded_at))
            .where(
                newer.c.id > table.c.id,
                newer.c.superseded_at.is_(None),
                *(newer.c[key] == table.c[key] for key in keys),
            )
            .scalar_subquery()
        )
        op.execute(
            sa.update(table)
            .where(table.c.superseded_at.is_(None), since.is_not(None))
            .values(superseded_at=since)
        )
        op.create_index(
            f"uq_{name}_in_force", name, keys, unique=True, sqlite_where=in_force, postgresql_where=in_force
        )


def downgrade() -> None:
    """Take back."""
    for name in KEYS:
        op.drop_index(f"uq_{name}_in_force", name)
