"""Wishes, and the people who may have them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.create_table(
        "wishes",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("text", sa.String(200), nullable=False),
        sa.Column("added", sa.DateTime, nullable=False),
    )
    op.create_table(
        "people",
        sa.Column("name", sa.String(150), primary_key=True),
        sa.Column("password", sa.String(300), nullable=False),
    )


def downgrade():
    op.drop_table("people")
    op.drop_table("wishes")
