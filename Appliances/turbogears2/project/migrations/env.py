"""Alembic's surroundings: the database is the one that the application uses."""

import os

from alembic import context
from sqlalchemy import create_engine

from worklog.model import Base

engine = create_engine(os.environ["SQLALCHEMY_DATABASE_URI"])
with engine.connect() as connection:
    # SQLite changes a table by making it anew.
    context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
