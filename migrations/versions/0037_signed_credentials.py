"""Keys that sign certificates, the signed form of each, lists of the revoked, and which PDFs were handed out."""

import sqlalchemy as sa
from alembic import op

from lms.base.row_security import isolate

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

TABLES = ("signing_key", "revoked_list", "signed_credential", "certificate_file")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "signing_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("did", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sealed", sa.String(), nullable=False),
        sa.Column("public", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("retired_at", sa.DateTime(), nullable=True),
        sa.Column("disowned_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint("kind IN ('document', 'token')", name=op.f("ck_signing_key_kind")),
        sa.UniqueConstraint("employer_id", "name", name=op.f("uq_signing_key_employer_id_name")),
        *_of_employer("signing_key"),
    )
    op.create_table(
        "revoked_list",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("did", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.UniqueConstraint("employer_id", "number", name=op.f("uq_revoked_list_employer_id_number")),
        *_of_employer("revoked_list"),
    )
    op.create_table(
        "signed_credential",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("certificate_id", sa.Integer(), nullable=False),
        sa.Column("revoked_list_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("document", sa.String(), nullable=True),
        sa.Column("token", sa.String(), nullable=True),
        sa.Column("key_id", sa.Integer(), nullable=True),
        sa.Column("token_key_id", sa.Integer(), nullable=True),
        sa.Column("signed_at", sa.DateTime(), nullable=True),
        sa.UniqueConstraint(
            "employer_id", "certificate_id", name=op.f("uq_signed_credential_employer_id_certificate_id")
        ),
        sa.UniqueConstraint(
            "employer_id",
            "revoked_list_id",
            "place",
            name=op.f("uq_signed_credential_employer_id_revoked_list_id_place"),
        ),
        *_of_employer("signed_credential"),
        _points_to("signed_credential", "certificate_id", "certificate"),
        _points_to("signed_credential", "revoked_list_id", "revoked_list"),
        _points_to("signed_credential", "key_id", "signing_key"),
        _points_to("signed_credential", "token_key_id", "signing_key"),
    )
    op.create_index(
        op.f("ix_signed_credential_employer_id_key_id"), "signed_credential", ["employer_id", "key_id"]
    )
    op.create_table(
        "certificate_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("certificate_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("signed_at", sa.DateTime(), nullable=True),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.UniqueConstraint(
            "employer_id",
            "certificate_id",
            "digest",
            name=op.f("uq_certificate_file_employer_id_certificate_id_digest"),
        ),
        *_of_employer("certificate_file"),
        _points_to("certificate_file", "certificate_id", "certificate"),
    )
    for table in TABLES:
        isolate(op.get_bind(), table)


def _of_employer(table: str) -> tuple[sa.Constraint, ...]:
    """What every table of an employer has."""
    return (
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("employer_id", "id", name=op.f(f"uq_{table}_employer_id_id")),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f(f"fk_{table}_employer_id")),
    )


def _points_to(table: str, column: str, other: str) -> sa.Constraint:
    """A row points to another one of the same employer."""
    return sa.ForeignKeyConstraint(
        ["employer_id", column],
        [f"{other}.employer_id", f"{other}.id"],
        name=op.f(f"fk_{table}_employer_id_{column}"),
    )


def downgrade() -> None:
    """Take back."""
    for table in reversed(TABLES):
        op.drop_table(table)
