"""What lies in the database."""

from datetime import datetime, timezone

from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from werkzeug.security import check_password_hash, generate_password_hash


class Base(DeclarativeBase):
    pass


db = SQLAlchemy(model_class=Base)
migrate = Migrate()


class Wish(db.Model):
    __tablename__ = "wishes"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(String(200))
    added: Mapped[datetime] = mapped_column(default=lambda: datetime.now(timezone.utc).replace(tzinfo=None))


class Person(db.Model):
    __tablename__ = "people"

    name: Mapped[str] = mapped_column(String(150), primary_key=True)
    password: Mapped[str] = mapped_column(String(300))

    def set_password(self, password):
        self.password = generate_password_hash(password)

    def has_password(self, password):
        return check_password_hash(self.password, password)
