"""What lies in the database."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, scoped_session, sessionmaker
from zope.sqlalchemy import register

from . import passwords

DBSession = scoped_session(sessionmaker(autoflush=True, autocommit=False))
# TurboGears' transaction manager commits when the request has succeeded.
register(DBSession)


class Base(DeclarativeBase):
    pass


class Worker(Base):
    __tablename__ = "workers"

    user_name: Mapped[str] = mapped_column(String(150), primary_key=True)
    password: Mapped[str] = mapped_column(String(300))

    def validate_password(self, password):
        return passwords.fits(password, self.password)


class Entry(Base):
    __tablename__ = "entries"

    id: Mapped[int] = mapped_column(primary_key=True)
    task: Mapped[str] = mapped_column(String(200))
    minutes: Mapped[int]
    worker: Mapped[str] = mapped_column(ForeignKey("workers.user_name"))


def init_model(engine):
    """What TurboGears calls when the database is known."""
    DBSession.configure(bind=engine)
    return DBSession
