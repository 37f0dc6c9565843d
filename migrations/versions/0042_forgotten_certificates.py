"""Certificates can be forgotten; the reason of a decision about one that is, and nothing else of it, can be emptied."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

KEPT = sa.text("forgotten_on IS NULL")
STRICT = "revocation_append_only_update"
BUT_REASON = "revocation_append_only_update_but_reason"
SAME = ("id", "employer_id", "certificate_id", "kind", '"on"', "person_id", "recorded_at")
IS_FORGOTTEN = (
    "EXISTS (SELECT 1 FROM certificate WHERE certificate.employer_id = NEW.employer_id "
    "AND certificate.id = NEW.certificate_id AND certificate.forgotten_on IS NOT NULL)"
)
ONLY_EMPTIED = " AND ".join(
    ("NEW.reason = ''", *(f"NEW.{column} = OLD.{column}" for column in SAME), IS_FORGOTTEN)
)
REFUSES = "'revocation is append-only'"


def upgrade() -> None:
    """Apply."""
    op.add_column("certificate", sa.Column("forgotten_on", sa.Date(), nullable=True))
    op.create_index(
        "ix_certificate_kept", "certificate", ["employer_id", "achieved_on"],
        sqlite_where=KEPT, postgresql_where=KEPT,
    )  # fmt: skip
    _drop_trigger(STRICT)
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {BUT_REASON} BEFORE UPDATE ON revocation "
            f"WHEN NOT ({ONLY_EMPTIED}) BEGIN SELECT RAISE(ABORT, {REFUSES}); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION {BUT_REASON}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF {ONLY_EMPTIED} THEN RETURN NEW; END IF; RAISE EXCEPTION {REFUSES}; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {BUT_REASON} BEFORE UPDATE ON revocation FOR EACH ROW EXECUTE FUNCTION {BUT_REASON}()"
    )


def downgrade() -> None:
    """Take back; what is forgotten stays so, and nothing tells it any more."""
    _drop_trigger(BUT_REASON)
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {STRICT} BEFORE UPDATE ON revocation BEGIN SELECT RAISE(ABORT, {REFUSES}); END"
        )
    else:
        op.execute(
            f"CREATE FUNCTION {STRICT}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION {REFUSES}; END $$"
        )
        op.execute(f"CREATE TRIGGER {STRICT} BEFORE UPDATE ON revocation EXECUTE FUNCTION {STRICT}()")
    op.drop_index("ix_certificate_kept", "certificate")
    op.drop_column("certificate", "forgotten_on")


def _drop_trigger(name: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"DROP TRIGGER {name}")
        return
    op.execute(f"DROP TRIGGER {name} ON revocation")
    op.execute(f"DROP FUNCTION {name}")
