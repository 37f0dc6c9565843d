"""A certificate that takes the place of another, whose name was wrong; the decision, and the proof it rests on."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

FIRST = sa.text("corrects_id IS NULL")
ONE_OF_ATTEMPT = "CONSTRAINT uq_certificate_employer_id_attempt_id UNIQUE (employer_id, attempt_id)"
CORRECTS = (
    "CONSTRAINT uq_certificate_employer_id_corrects_id UNIQUE (employer_id, corrects_id)",
    (
        "CONSTRAINT fk_certificate_employer_id_corrects_id FOREIGN KEY(employer_id, corrects_id) "
        "REFERENCES certificate (employer_id, id)"
    ),
)
KINDS = "kind IN ('revoked', 'reinstated')"
MORE_KINDS = "kind IN ('revoked', 'reinstated', 'replaced')"


def upgrade() -> None:
    """Apply."""
    op.add_column("proof", sa.Column("superseded_at", sa.DateTime(), nullable=True))
    op.add_column("certificate", sa.Column("corrects_id", sa.Integer(), nullable=True))
    if op.get_bind().dialect.name == "sqlite":
        _rewrite("certificate", ONE_OF_ATTEMPT, ", \n\t".join(CORRECTS))
        _rewrite("revocation", KINDS, MORE_KINDS)
    else:
        op.drop_constraint(op.f("uq_certificate_employer_id_attempt_id"), "certificate", type_="unique")
        for each in CORRECTS:
            op.execute(f"ALTER TABLE certificate ADD {each}")
        _check_kind(MORE_KINDS)
    op.create_index(
        "uq_certificate_first", "certificate", ["employer_id", "attempt_id"], unique=True,
        sqlite_where=FIRST, postgresql_where=FIRST,
    )  # fmt: skip


def downgrade() -> None:
    """Take back; fails if a name was corrected, since the place of what was replaced is taken."""
    op.drop_index("uq_certificate_first", "certificate")
    if op.get_bind().dialect.name == "sqlite":
        _rewrite("certificate", ", \n\t".join(CORRECTS), ONE_OF_ATTEMPT)
        _rewrite("revocation", MORE_KINDS, KINDS)
    else:
        for name in ("uq", "fk"):
            op.execute(f"ALTER TABLE certificate DROP CONSTRAINT {name}_certificate_employer_id_corrects_id")
        op.execute(f"ALTER TABLE certificate ADD {ONE_OF_ATTEMPT}")
        _check_kind(KINDS)
    op.drop_column("certificate", "corrects_id")
    op.drop_column("proof", "superseded_at")


def _check_kind(kinds: str) -> None:
    op.drop_constraint(op.f("ck_revocation_kind"), "revocation", type_="check")
    op.create_check_constraint(op.f("ck_revocation_kind"), "revocation", kinds)


def _rewrite(table: str, before: str, after: str) -> None:
    """Change a constraint where SQLite can only make the table anew; what points to it finds its rows there again.

    Not by a new table that takes the old one's name: rows that point to it would have lost what they point to.
    """
    bind = op.get_bind()
    made = _made(table)
    (create,) = [sql for sql in made if sql.startswith("CREATE TABLE")]
    if before not in create:
        message = f"{table} is not as the migrations before have left it"
        raise RuntimeError(message)
    columns = ", ".join(f'"{each["name"]}"' for each in sa.inspect(bind).get_columns(table))
    op.execute("PRAGMA defer_foreign_keys = ON")
    op.execute(f"CREATE TEMPORARY TABLE moved AS SELECT * FROM {table}")  # noqa: S608  (a name of our own)
    op.execute(f"DROP TABLE {table}")
    op.execute(create.replace(before, after))
    op.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM moved")  # noqa: S608
    op.execute("DROP TABLE moved")
    for sql in made:
        if sql != create:
            op.execute(sql)


def _made(table: str) -> Sequence[str]:
    """What has made a table, its indexes and triggers."""
    query = sa.text("SELECT sql FROM sqlite_schema WHERE tbl_name = :table AND sql IS NOT NULL")
    return op.get_bind().scalars(query, {"table": table}).all()
