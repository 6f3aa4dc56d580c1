"""Books, and the people who may put them on the shelf."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.create_table(
        "books",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("added", sa.DateTime, nullable=False),
    )
    op.create_table(
        "librarians",
        sa.Column("name", sa.String(150), primary_key=True),
        sa.Column("password", sa.String(300), nullable=False),
    )


def downgrade():
    op.drop_table("librarians")
    op.drop_table("books")
