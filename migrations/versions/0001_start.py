"""The start: people, courses, knowledge, plans and meetings."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = ("audit", "answer", "revocation")


def refuse(table: str, change: str) -> None:
    """Let the database itself refuse to change or delete rows of an append-only table."""
    name = f"{table}_append_only_{change.lower()}"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {change} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
    )
    op.execute(f"CREATE TRIGGER {name} BEFORE {change} ON {table} EXECUTE FUNCTION {name}()")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("theme", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("activated_at", sa.DateTime(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("public_id", name=op.f("uq_account_public_id")),
    )
    op.create_table(
        "edition",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("course", sa.String(), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("published_on", sa.Date(), nullable=False),
        sa.Column("published_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edition")),
        sa.UniqueConstraint("digest", name=op.f("uq_edition_digest")),
    )
    with op.batch_alter_table("edition", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_edition_course_country_published_at"),
            ["course", "country", "published_at"],
            unique=False,
        )

    op.create_table(
        "employer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("department", sa.String(), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("signatory_name", sa.String(), nullable=True),
        sa.Column("signatory_title", sa.String(), nullable=True),
        sa.Column("retention", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_employer")),
        sa.UniqueConstraint("public_id", name=op.f("uq_employer_public_id")),
        sa.UniqueConstraint("slug", name=op.f("uq_employer_slug")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("ids", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("leased_until", sa.DateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("done_at", sa.DateTime(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outbox_done_at_due_at"), ["done_at", "due_at"], unique=False)

    op.create_table(
        "throttle",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("window_from", sa.DateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_throttle")),
        sa.UniqueConstraint("kind", "source", name=op.f("uq_throttle_kind_source")),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("object_kind", sa.String(), nullable=False),
        sa.Column("object_id", sa.Integer(), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_audit_employer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_audit_employer_id_id")),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_employer_id_at"), ["employer_id", "at"], unique=False)

    op.create_table(
        "certificate_number",
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("certificate_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employer.id"], name=op.f("fk_certificate_number_employer_id")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_certificate_number")),
    )
    op.create_table(
        "identifier",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("verified_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint("kind IN ('email', 'phone')", name=op.f("ck_identifier_kind")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_identifier_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identifier")),
        sa.UniqueConstraint("kind", "value", name=op.f("uq_identifier_kind_value")),
    )
    with op.batch_alter_table("identifier", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_identifier_account_id"), ["account_id"], unique=False)

    op.create_table(
        "link_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("used_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint("kind IN ('slip', 'mail')", name=op.f("ck_link_token_kind")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_link_token_account_id")),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_link_token_employer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_link_token_token_hash")),
    )
    with op.batch_alter_table("link_token", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_link_token_account_id_kind"), ["account_id", "kind"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_link_token_code_hash"), ["code_hash"], unique=False)

    op.create_table(
        "person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("employee_number", sa.String(), nullable=False),
        sa.Column("given_name", sa.String(), nullable=False),
        sa.Column("family_name", sa.String(), nullable=False),
        sa.Column("protected", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_person_account_id")),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_person_employer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("employer_id", "account_id", name=op.f("uq_person_employer_id_account_id")),
        sa.UniqueConstraint(
            "employer_id", "employee_number", name=op.f("uq_person_employer_id_employee_number")
        ),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_person_employer_id_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_person_public_id")),
    )
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_account_id"), ["account_id"], unique=False)

    op.create_table(
        "role_profile",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_role_profile_employer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_profile")),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_role_profile_employer_id_id")),
        sa.UniqueConstraint("employer_id", "key", name=op.f("uq_role_profile_employer_id_key")),
        sa.UniqueConstraint("public_id", name=op.f("uq_role_profile_public_id")),
    )
    op.create_table(
        "session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("remembered", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_session_account_id")),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_session_employer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        sa.UniqueConstraint("public_id", name=op.f("uq_session_public_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_session_token_hash")),
    )
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_session_account_id"), ["account_id"], unique=False)

    op.create_table(
        "unit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["employer_id", "parent_id"],
            ["unit.employer_id", "unit.id"],
            name=op.f("fk_unit_employer_id_parent_id"),
        ),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_unit_employer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_unit_employer_id_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_unit_public_id")),
    )
    with op.batch_alter_table("unit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_unit_employer_id_path"), ["employer_id", "path"], unique=False)

    op.create_table(
        "absence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("superseded_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["employer_id", "person_id"],
            ["person.employer_id", "person.id"],
            name=op.f("fk_absence_employer_id_person_id"),
        ),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_absence_employer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_absence_employer_id_id")),
    )
    with op.batch_alter_table("absence", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_absence_employer_id_person_id"), ["employer_id", "person_id"], unique=False
        )

    op.create_table(
        "assignment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("course", sa.String(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("assigned_by", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["employer_id", "assigned_by"],
            ["person.employer_id", "person.id"],
            name=op.f("fk_assignment_employer_id_assigned_by"),
        ),
        sa.ForeignKeyConstraint(
            ["employer_id", "unit_id"],
            ["unit.employer_id", "unit.id"],
            name=op.f("fk_assignment_employer_id_unit_id"),
        ),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_assignment_employer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_assignment_employer_id_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_assignment_public_id")),
    )
    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_assignment_employer_id_unit_id"), ["employer_id", "unit_id"], unique=False
        )

    op.create_table(
        "attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("course", sa.String(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("drawn", sa.JSON(), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("sealed_until", sa.DateTime(), nullable=True),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.Column("right", sa.Integer(), nullable=True),
        sa.Column("passed", sa.Boolean(), nullable=True),
        sa.CheckConstraint("mode IN ('online', 'offline', 'supervised')", name=op.f("ck_attempt_mode")),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name=op.f("fk_attempt_edition_id")),
        sa.ForeignKeyConstraint(
            ["employer_id", "person_id"],
            ["person.employer_id", "person.id"],
            name=op.f("fk_attempt_employer_id_person_id"),
        ),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_attempt_employer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_attempt_employer_id_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_attempt_public_id")),
    )
    with op.batch_alter_table("attempt", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_attempt_employer_id_person_id_course"),
            ["employer_id", "person_id", "course"],
            unique=False,
        )
        batch_op.create_index(
            "uq_attempt_open",
            ["employer_id", "person_id", "course"],
            unique=True,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )

    op.create_table(
        "beginning",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("course", sa.String(), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["employer_id", "person_id"],
            ["person.employer_id", "person.id"],
            name=op.f("fk_beginning_employer_id_person_id"),
        ),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_beginning_employer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_beginning")),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_beginning_employer_id_id")),
    )
    with op.batch_alter_table("beginning", schema=None) as batch_op:
        batch_op.create_index(
            "uq_beginning_open",
            ["employer_id", "person_id", "course"],
            unique=True,
            sqlite_where=sa.text("closed_on IS NULL"),
            postgresql_where=sa.text("closed_on IS NULL"),
        )

    op.create_table(
        "development_plan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("period_from", sa.Date(), nullable=False),
        sa.Column("period_to", sa.Date(), nullable=False),
        sa.Column("agreed_on", sa.Date(), nullable=False),
        sa.Column("agreed_by", sa.Integer(), nullable=False),
        sa.Column("next_talk_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["employer_id", "agreed_by"],
            ["person.employer_id", "person.id"],
            name=op.f("fk_development_plan_employer_id_agreed_by"),
        ),
        sa.ForeignKeyConstraint(
            ["employer_id", "person_id"],
            ["person.employer_id", "person.id"],
            name=op.f("fk_development_plan_employer_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employer.id"], name=op.f("fk_development_plan_employer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_development_plan")),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_development_plan_employer_id_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_development_plan_public_id")),
    )
    with op.batch_alter_table("development_plan", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_development_plan_employer_id_person_id"),
            ["employer_id", "person_id"],
            unique=False,
        )

    op.create_table(
        "employment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("role_profile_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("superseded_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('permanent', 'temporary', 'hourly', 'student', 'consultant')",
            name=op.f("ck_employment_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["employer_id", "person_id"],
            ["person.employer_id", "person.id"],
            name=op.f("fk_employment_employer_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["employer_id", "role_profile_id"],
            ["role_profile.employer_id", "role_profile.id"],
            name=op.f("fk_employment_employer_id_role_profile_id"),
        ),
        sa.ForeignKeyConstraint(
            ["employer_id", "unit_id"],
            ["unit.employer_id", "unit.id"],
            name=op.f("fk_employment_employer_id_unit_id"),
        ),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_employment_employer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_employment")),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_employment_employer_id_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_employment_public_id")),
    )
    with op.batch_alter_table("employment", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_employment_employer_id_person_id"), ["employer_id", "person_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_employment_employer_id_unit_id"), ["employer_id", "unit_id"], unique=False
        )

    op.create_table(
        "meeting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("course", sa.String(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("planned_by", sa.Integer(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("notes", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("held_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name=op.f("fk_meeting_edition_id")),
        sa.ForeignKeyConstraint(
            ["employer_id", "planned_by"],
            ["person.employer_id", "person.id"],
            name=op.f("fk_meeting_employer_id_planned_by"),
        ),
        sa.ForeignKeyConstraint(
            ["employer_id", "unit_id"],
            ["unit.employer_id", "unit.id"],
            name=op.f("fk_meeting_employer_id_unit_id"),
        ),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_meeting_employer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting")),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_meeting_employer_id_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_meeting_public_id")),
    )
    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_meeting_employer_id_unit_id"), ["employer_id", "unit_id"], unique=False
        )

    op.create_table(
        "message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("about_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("sent_at", sa.DateTime(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["employer_id", "person_id"],
            ["person.employer_id", "person.id"],
            name=op.f("fk_message_employer_id_person_id"),
        ),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_message_employer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_message_employer_id_id")),
        sa.UniqueConstraint("employer_id", "message_id", name=op.f("uq_message_employer_id_message_id")),
    )
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_message_employer_id_person_id"), ["employer_id", "person_id"], unique=False
        )

    op.create_table(
        "progress",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("course", sa.String(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("lesson", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("read_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name=op.f("fk_progress_edition_id")),
        sa.ForeignKeyConstraint(
            ["employer_id", "person_id"],
            ["person.employer_id", "person.id"],
            name=op.f("fk_progress_employer_id_person_id"),
        ),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_progress_employer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_progress")),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_progress_employer_id_id")),
        sa.UniqueConstraint(
            "employer_id",
            "person_id",
            "edition_id",
            "lesson",
            "step",
            name=op.f("uq_progress_employer_id_person_id_edition_id_lesson_step"),
        ),
    )
    op.create_table(
        "requirement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("course", sa.String(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("role_profile_id", sa.Integer(), nullable=True),
        sa.Column("due_days", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("superseded_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["employer_id", "role_profile_id"],
            ["role_profile.employer_id", "role_profile.id"],
            name=op.f("fk_requirement_employer_id_role_profile_id"),
        ),
        sa.ForeignKeyConstraint(
            ["employer_id", "unit_id"],
            ["unit.employer_id", "unit.id"],
            name=op.f("fk_requirement_employer_id_unit_id"),
        ),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_requirement_employer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requirement")),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_requirement_employer_id_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_requirement_public_id")),
    )
    op.create_table(
        "role_grant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("superseded_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint(
            "role IN ('lead', 'officer', 'author', 'authoriser', 'auditor', 'admin')",
            name=op.f("ck_role_grant_role"),
        ),
        sa.ForeignKeyConstraint(
            ["employer_id", "person_id"],
            ["person.employer_id", "person.id"],
            name=op.f("fk_role_grant_employer_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["employer_id", "unit_id"],
            ["unit.employer_id", "unit.id"],
            name=op.f("fk_role_grant_employer_id_unit_id"),
        ),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_role_grant_employer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_role_grant_employer_id_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_role_grant_public_id")),
    )
    with op.batch_alter_table("role_grant", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_role_grant_employer_id_person_id"), ["employer_id", "person_id"], unique=False
        )

    op.create_table(
        "unit_placement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("superseded_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["employer_id", "parent_id"],
            ["unit.employer_id", "unit.id"],
            name=op.f("fk_unit_placement_employer_id_parent_id"),
        ),
        sa.ForeignKeyConstraint(
            ["employer_id", "unit_id"],
            ["unit.employer_id", "unit.id"],
            name=op.f("fk_unit_placement_employer_id_unit_id"),
        ),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_unit_placement_employer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_placement")),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_unit_placement_employer_id_id")),
    )
    with op.batch_alter_table("unit_placement", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_unit_placement_employer_id_unit_id"), ["employer_id", "unit_id"], unique=False
        )

    op.create_table(
        "agreed_action",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("responsible_id", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["employer_id", "meeting_id"],
            ["meeting.employer_id", "meeting.id"],
            name=op.f("fk_agreed_action_employer_id_meeting_id"),
        ),
        sa.ForeignKeyConstraint(
            ["employer_id", "responsible_id"],
            ["person.employer_id", "person.id"],
            name=op.f("fk_agreed_action_employer_id_responsible_id"),
        ),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_agreed_action_employer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreed_action")),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_agreed_action_employer_id_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_agreed_action_public_id")),
    )
    with op.batch_alter_table("agreed_action", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_agreed_action_employer_id_responsible_id"),
            ["employer_id", "responsible_id"],
            unique=False,
        )

    op.create_table(
        "answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("right", sa.Boolean(), nullable=False),
        sa.Column("given_at", sa.DateTime(), nullable=True),
        sa.Column("received_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["employer_id", "attempt_id"],
            ["attempt.employer_id", "attempt.id"],
            name=op.f("fk_answer_employer_id_attempt_id"),
        ),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_answer_employer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer")),
        sa.UniqueConstraint(
            "employer_id", "attempt_id", "client_id", name=op.f("uq_answer_employer_id_attempt_id_client_id")
        ),
        sa.UniqueConstraint(
            "employer_id", "attempt_id", "item", name=op.f("uq_answer_employer_id_attempt_id_item")
        ),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_answer_employer_id_id")),
    )
    op.create_table(
        "certificate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("course", sa.String(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("achieved_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("issued_at", sa.DateTime(), nullable=False),
        sa.Column("predecessor_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name=op.f("fk_certificate_edition_id")),
        sa.ForeignKeyConstraint(
            ["employer_id", "attempt_id"],
            ["attempt.employer_id", "attempt.id"],
            name=op.f("fk_certificate_employer_id_attempt_id"),
        ),
        sa.ForeignKeyConstraint(
            ["employer_id", "person_id"],
            ["person.employer_id", "person.id"],
            name=op.f("fk_certificate_employer_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["employer_id", "predecessor_id"],
            ["certificate.employer_id", "certificate.id"],
            name=op.f("fk_certificate_employer_id_predecessor_id"),
        ),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_certificate_employer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate")),
        sa.UniqueConstraint("employer_id", "attempt_id", name=op.f("uq_certificate_employer_id_attempt_id")),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_certificate_employer_id_id")),
        sa.UniqueConstraint("employer_id", "number", name=op.f("uq_certificate_employer_id_number")),
        sa.UniqueConstraint("public_id", name=op.f("uq_certificate_public_id")),
    )
    with op.batch_alter_table("certificate", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_certificate_employer_id_person_id"), ["employer_id", "person_id"], unique=False
        )

    op.create_table(
        "duty",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("employment_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("course", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["employer_id", "employment_id"],
            ["employment.employer_id", "employment.id"],
            name=op.f("fk_duty_employer_id_employment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["employer_id", "person_id"],
            ["person.employer_id", "person.id"],
            name=op.f("fk_duty_employer_id_person_id"),
        ),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_duty_employer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty")),
        sa.UniqueConstraint(
            "employer_id", "employment_id", "course", name=op.f("uq_duty_employer_id_employment_id_course")
        ),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_duty_employer_id_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_duty_public_id")),
    )
    with op.batch_alter_table("duty", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_duty_employer_id_person_id_course"),
            ["employer_id", "person_id", "course"],
            unique=False,
        )

    op.create_table(
        "meeting_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["employer_id", "meeting_id"],
            ["meeting.employer_id", "meeting.id"],
            name=op.f("fk_meeting_session_employer_id_meeting_id"),
        ),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employer.id"], name=op.f("fk_meeting_session_employer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_session")),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_meeting_session_employer_id_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_meeting_session_public_id")),
    )
    with op.batch_alter_table("meeting_session", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_meeting_session_employer_id_starts_at"), ["employer_id", "starts_at"], unique=False
        )

    op.create_table(
        "plan_goal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["employer_id", "plan_id"],
            ["development_plan.employer_id", "development_plan.id"],
            name=op.f("fk_plan_goal_employer_id_plan_id"),
        ),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_plan_goal_employer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_goal")),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_plan_goal_employer_id_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_plan_goal_public_id")),
    )
    with op.batch_alter_table("plan_goal", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_plan_goal_employer_id_plan_id"), ["employer_id", "plan_id"], unique=False
        )

    op.create_table(
        "reflection_task",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("given_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["employer_id", "meeting_id"],
            ["meeting.employer_id", "meeting.id"],
            name=op.f("fk_reflection_task_employer_id_meeting_id"),
        ),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employer.id"], name=op.f("fk_reflection_task_employer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reflection_task")),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_reflection_task_employer_id_id")),
        sa.UniqueConstraint(
            "employer_id", "meeting_id", name=op.f("uq_reflection_task_employer_id_meeting_id")
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_reflection_task_public_id")),
    )
    op.create_table(
        "attendance",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("recorded_by", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("superseded_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint("state IN ('present', 'absent')", name=op.f("ck_attendance_state")),
        sa.ForeignKeyConstraint(
            ["employer_id", "person_id"],
            ["person.employer_id", "person.id"],
            name=op.f("fk_attendance_employer_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["employer_id", "recorded_by"],
            ["person.employer_id", "person.id"],
            name=op.f("fk_attendance_employer_id_recorded_by"),
        ),
        sa.ForeignKeyConstraint(
            ["employer_id", "session_id"],
            ["meeting_session.employer_id", "meeting_session.id"],
            name=op.f("fk_attendance_employer_id_session_id"),
        ),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_attendance_employer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance")),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_attendance_employer_id_id")),
        sa.UniqueConstraint(
            "employer_id",
            "session_id",
            "person_id",
            "recorded_at",
            name=op.f("uq_attendance_employer_id_session_id_person_id_recorded_at"),
        ),
    )
    with op.batch_alter_table("attendance", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_attendance_employer_id_person_id"), ["employer_id", "person_id"], unique=False
        )

    op.create_table(
        "duty_source",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("duty_id", sa.Integer(), nullable=False),
        sa.Column("requirement_id", sa.Integer(), nullable=True),
        sa.Column("assignment_id", sa.Integer(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint(
            "(requirement_id IS NULL) <> (assignment_id IS NULL)", name=op.f("ck_duty_source_one_source")
        ),
        sa.ForeignKeyConstraint(
            ["employer_id", "assignment_id"],
            ["assignment.employer_id", "assignment.id"],
            name=op.f("fk_duty_source_employer_id_assignment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["employer_id", "duty_id"],
            ["duty.employer_id", "duty.id"],
            name=op.f("fk_duty_source_employer_id_duty_id"),
        ),
        sa.ForeignKeyConstraint(
            ["employer_id", "requirement_id"],
            ["requirement.employer_id", "requirement.id"],
            name=op.f("fk_duty_source_employer_id_requirement_id"),
        ),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_duty_source_employer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_source")),
        sa.UniqueConstraint(
            "employer_id",
            "duty_id",
            "assignment_id",
            name=op.f("uq_duty_source_employer_id_duty_id_assignment_id"),
        ),
        sa.UniqueConstraint(
            "employer_id",
            "duty_id",
            "requirement_id",
            name=op.f("uq_duty_source_employer_id_duty_id_requirement_id"),
        ),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_duty_source_employer_id_id")),
    )
    op.create_table(
        "plan_activity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("goal_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("arena", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("course", sa.String(), nullable=True),
        sa.Column("meeting_id", sa.Integer(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("(kind = 'course') = (course IS NOT NULL)", name=op.f("ck_plan_activity_course")),
        sa.CheckConstraint(
            "(kind = 'meeting') = (meeting_id IS NOT NULL)", name=op.f("ck_plan_activity_meeting")
        ),
        sa.CheckConstraint("kind = 'free' OR done_on IS NULL", name=op.f("ck_plan_activity_done_is_derived")),
        sa.CheckConstraint("kind IN ('course', 'meeting', 'free')", name=op.f("ck_plan_activity_kind")),
        sa.ForeignKeyConstraint(
            ["employer_id", "goal_id"],
            ["plan_goal.employer_id", "plan_goal.id"],
            name=op.f("fk_plan_activity_employer_id_goal_id"),
        ),
        sa.ForeignKeyConstraint(
            ["employer_id", "meeting_id"],
            ["meeting.employer_id", "meeting.id"],
            name=op.f("fk_plan_activity_employer_id_meeting_id"),
        ),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_plan_activity_employer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_activity")),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_plan_activity_employer_id_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_plan_activity_public_id")),
    )
    with op.batch_alter_table("plan_activity", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_plan_activity_employer_id_goal_id"), ["employer_id", "goal_id"], unique=False
        )

    op.create_table(
        "proof",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("course", sa.String(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("certificate_id", sa.Integer(), nullable=True),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("achieved_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("revoked_on", sa.Date(), nullable=True),
        sa.CheckConstraint("kind IN ('certificate')", name=op.f("ck_proof_kind")),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name=op.f("fk_proof_edition_id")),
        sa.ForeignKeyConstraint(
            ["employer_id", "certificate_id"],
            ["certificate.employer_id", "certificate.id"],
            name=op.f("fk_proof_employer_id_certificate_id"),
        ),
        sa.ForeignKeyConstraint(
            ["employer_id", "person_id"],
            ["person.employer_id", "person.id"],
            name=op.f("fk_proof_employer_id_person_id"),
        ),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_proof_employer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proof")),
        sa.UniqueConstraint(
            "employer_id", "certificate_id", name=op.f("uq_proof_employer_id_certificate_id")
        ),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_proof_employer_id_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_proof_public_id")),
    )
    with op.batch_alter_table("proof", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_proof_employer_id_person_id_course"),
            ["employer_id", "person_id", "course"],
            unique=False,
        )

    op.create_table(
        "revocation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("certificate_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("kind IN ('revoked', 'reinstated')", name=op.f("ck_revocation_kind")),
        sa.ForeignKeyConstraint(
            ["employer_id", "certificate_id"],
            ["certificate.employer_id", "certificate.id"],
            name=op.f("fk_revocation_employer_id_certificate_id"),
        ),
        sa.ForeignKeyConstraint(
            ["employer_id", "person_id"],
            ["person.employer_id", "person.id"],
            name=op.f("fk_revocation_employer_id_person_id"),
        ),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_revocation_employer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revocation")),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_revocation_employer_id_id")),
    )
    with op.batch_alter_table("revocation", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_revocation_employer_id_certificate_id"),
            ["employer_id", "certificate_id"],
            unique=False,
        )

    op.create_table(
        "status",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("duty_id", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("started_on", sa.Date(), nullable=True),
        sa.Column("proof_id", sa.Integer(), nullable=True),
        sa.Column("achieved_on", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["employer_id", "duty_id"],
            ["duty.employer_id", "duty.id"],
            name=op.f("fk_status_employer_id_duty_id"),
        ),
        sa.ForeignKeyConstraint(
            ["employer_id", "proof_id"],
            ["proof.employer_id", "proof.id"],
            name=op.f("fk_status_employer_id_proof_id"),
        ),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_status_employer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_status")),
        sa.UniqueConstraint("employer_id", "duty_id", name=op.f("uq_status_employer_id_duty_id")),
        sa.UniqueConstraint("employer_id", "id", name=op.f("uq_status_employer_id_id")),
    )
    with op.batch_alter_table("status", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_status_employer_id_expires_on"), ["employer_id", "expires_on"], unique=False
        )

    for table in APPEND_ONLY:
        for change in ("UPDATE", "DELETE"):
            refuse(table, change)


def downgrade() -> None:
    """Take back."""
    for table in APPEND_ONLY:
        for change in ("update", "delete"):
            name = f"{table}_append_only_{change}"
            if op.get_bind().dialect.name == "sqlite":
                op.execute(f"DROP TRIGGER {name}")
            else:
                op.execute(f"DROP TRIGGER {name} ON {table}")
                op.execute(f"DROP FUNCTION {name}")
    with op.batch_alter_table("status", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_status_employer_id_expires_on"))

    op.drop_table("status")
    with op.batch_alter_table("revocation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_revocation_employer_id_certificate_id"))

    op.drop_table("revocation")
    with op.batch_alter_table("proof", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_proof_employer_id_person_id_course"))

    op.drop_table("proof")
    with op.batch_alter_table("plan_activity", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_plan_activity_employer_id_goal_id"))

    op.drop_table("plan_activity")
    op.drop_table("duty_source")
    with op.batch_alter_table("attendance", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_attendance_employer_id_person_id"))

    op.drop_table("attendance")
    op.drop_table("reflection_task")
    with op.batch_alter_table("plan_goal", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_plan_goal_employer_id_plan_id"))

    op.drop_table("plan_goal")
    with op.batch_alter_table("meeting_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_meeting_session_employer_id_starts_at"))

    op.drop_table("meeting_session")
    with op.batch_alter_table("duty", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_duty_employer_id_person_id_course"))

    op.drop_table("duty")
    with op.batch_alter_table("certificate", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certificate_employer_id_person_id"))

    op.drop_table("certificate")
    op.drop_table("answer")
    with op.batch_alter_table("agreed_action", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_agreed_action_employer_id_responsible_id"))

    op.drop_table("agreed_action")
    with op.batch_alter_table("unit_placement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_unit_placement_employer_id_unit_id"))

    op.drop_table("unit_placement")
    with op.batch_alter_table("role_grant", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_role_grant_employer_id_person_id"))

    op.drop_table("role_grant")
    op.drop_table("requirement")
    op.drop_table("progress")
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_message_employer_id_person_id"))

    op.drop_table("message")
    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_meeting_employer_id_unit_id"))

    op.drop_table("meeting")
    with op.batch_alter_table("employment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_employment_employer_id_unit_id"))
        batch_op.drop_index(batch_op.f("ix_employment_employer_id_person_id"))

    op.drop_table("employment")
    with op.batch_alter_table("development_plan", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_development_plan_employer_id_person_id"))

    op.drop_table("development_plan")
    with op.batch_alter_table("beginning", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_beginning_open",
            sqlite_where=sa.text("closed_on IS NULL"),
            postgresql_where=sa.text("closed_on IS NULL"),
        )

    op.drop_table("beginning")
    with op.batch_alter_table("attempt", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_attempt_open",
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_attempt_employer_id_person_id_course"))

    op.drop_table("attempt")
    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_assignment_employer_id_unit_id"))

    op.drop_table("assignment")
    with op.batch_alter_table("absence", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_absence_employer_id_person_id"))

    op.drop_table("absence")
    with op.batch_alter_table("unit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_unit_employer_id_path"))

    op.drop_table("unit")
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_session_account_id"))

    op.drop_table("session")
    op.drop_table("role_profile")
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_account_id"))

    op.drop_table("person")
    with op.batch_alter_table("link_token", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_link_token_code_hash"))
        batch_op.drop_index(batch_op.f("ix_link_token_account_id_kind"))

    op.drop_table("link_token")
    with op.batch_alter_table("identifier", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_identifier_account_id"))

    op.drop_table("identifier")
    op.drop_table("certificate_number")
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_employer_id_at"))

    op.drop_table("audit")
    op.drop_table("throttle")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outbox_done_at_due_at"))

    op.drop_table("outbox")
    op.drop_table("employer")
    with op.batch_alter_table("edition", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_edition_course_country_published_at"))

    op.drop_table("edition")
    op.drop_table("account")
