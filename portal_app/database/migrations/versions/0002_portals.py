"""What the full portal and the online portal remember: requests, merges, who is on duty."""

import sqlalchemy as sa
from alembic import op

revision = "0002_portals"
down_revision = "0001_first"


def upgrade() -> None:
    """Take the step; the way back is a backup."""
    op.create_table(
        "duty",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    with op.batch_alter_table("duty", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_duty_until"), ["until"], unique=False)

    op.create_table(
        "merge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("merged_id", sa.Integer(), nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undo_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["merged_id"],
            ["account.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("public_id"),
    )
    with op.batch_alter_table("merge", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_merge_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_merge_merged_id"), ["merged_id"], unique=False)

    op.create_table(
        "application",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("policy_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("policy_number", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("history", sa.Text(), nullable=False, server_default="[]"),
        sa.Column("nonce", sa.String(), nullable=False),
        sa.Column("erase_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["policy_id"],
            ["policy.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("nonce"),
        sa.UniqueConstraint("public_id"),
        sa.UniqueConstraint("reference"),
    )
    with op.batch_alter_table("application", schema=None) as batch_op:
        batch_op.create_index(
            "application_open",
            ["due_on", "id"],
            unique=False,
            sqlite_where=sa.text("decided_at IS NULL"),
            postgresql_where=sa.text("decided_at IS NULL"),
        )
        batch_op.create_index("application_own", ["account_id", "id"], unique=False)
        batch_op.create_index("application_email", ["email", "submitted_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_application_erase_on"), ["erase_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_application_policy_id"), ["policy_id"], unique=False)

    op.create_table(
        "application_draft",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("nonce", sa.String(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
        ),
        sa.PrimaryKeyConstraint("account_id", "kind"),
    )
    with op.batch_alter_table("application_draft", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_application_draft_saved_at"), ["saved_at"], unique=False)

    op.create_table(
        "merged_row",
        sa.Column("merge_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merge_id"],
            ["merge.id"],
        ),
        sa.PrimaryKeyConstraint("merge_id", "kind", "row_id"),
    )
    with op.batch_alter_table("merged_row", schema=None) as batch_op:
        batch_op.create_index("merged_row_of", ["kind", "row_id"], unique=False)

    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.add_column(sa.Column("phone_confirmed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("upgraded_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(
            "account_phone",
            ["phone"],
            unique=False,
            sqlite_where=sa.text("phone_confirmed_at IS NOT NULL"),
            postgresql_where=sa.text("phone_confirmed_at IS NOT NULL"),
        )
        batch_op.create_index(
            "account_wishes",
            ["upgrade_wished_at"],
            unique=False,
            sqlite_where=sa.text("upgrade_wished_at IS NOT NULL"),
            postgresql_where=sa.text("upgrade_wished_at IS NOT NULL"),
        )

    with op.batch_alter_table("letter", schema=None) as batch_op:
        batch_op.create_index("letter_owner", ["account_id"], unique=False)

    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.create_index(
            "message_chat",
            ["account_id", "id"],
            unique=False,
            sqlite_where=sa.text("purpose = 'chat'"),
            postgresql_where=sa.text("purpose = 'chat'"),
        )

    with op.batch_alter_table("credential", schema=None) as batch_op:
        batch_op.add_column(sa.Column("sent_to", sa.String(), nullable=False, server_default=""))

    with op.batch_alter_table("policy", schema=None) as batch_op:
        batch_op.add_column(sa.Column("plate_key", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("mailing_address", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("bank_account", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("contact_decided_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f("ix_policy_plate_key"), ["plate_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_policy_email"), ["email"], unique=False)

    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.add_column(sa.Column("language", sa.String(), nullable=False, server_default=""))

    asked = sa.text("kind IN ('whereabouts', 'whereabouts_postal')")
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.create_index(
            "job_whereabouts", ["recipient", "created_at"], unique=False, sqlite_where=asked, postgresql_where=asked
        )

    op.execute("UPDATE policy SET plate_key = upper(replace(replace(plate_number, '-', ''), ' ', ''))")
