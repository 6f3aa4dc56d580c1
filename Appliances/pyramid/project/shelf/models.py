"""What lies in the database."""

from datetime import datetime, timezone

from sqlalchemy import String, engine_from_config
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker
from zope.sqlalchemy import register

from . import passwords


class Base(DeclarativeBase):
    pass


class Book(Base):
    __tablename__ = "books"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    author: Mapped[str] = mapped_column(String(200))
    added: Mapped[datetime] = mapped_column(default=lambda: datetime.now(timezone.utc).replace(tzinfo=None))


class Librarian(Base):
    __tablename__ = "librarians"

    name: Mapped[str] = mapped_column(String(150), primary_key=True)
    password: Mapped[str] = mapped_column(String(300))

    def has_password(self, password):
        return passwords.fits(password, self.password)


def includeme(config):
    """Each request has a session, which pyramid_tm commits when the request has succeeded."""
    config.include("pyramid_tm")
    factory = sessionmaker(engine_from_config(config.registry.settings))

    def session(request):
        made = factory()
        register(made, transaction_manager=request.tm)
        request.add_finished_callback(lambda _: made.close())
        return made

    config.add_request_method(session, "db", reify=True)
