"""Entries of the log, and the people who write them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.create_table(
        "workers",
        sa.Column("user_name", sa.String(150), primary_key=True),
        sa.Column("password", sa.String(300), nullable=False),
    )
    op.create_table(
        "entries",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("task", sa.String(200), nullable=False),
        sa.Column("minutes", sa.Integer, nullable=False),
        sa.Column("worker", sa.String(150), sa.ForeignKey("workers.user_name"), nullable=False),
    )


def downgrade():
    op.drop_table("entries")
    op.drop_table("workers")
