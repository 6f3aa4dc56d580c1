"""Makes the librarian of ADMIN_NAME where there is none: `python -m shelf.admin`."""

import os

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from . import passwords
from .models import Librarian

with Session(create_engine(os.environ["SQLALCHEMY_DATABASE_URI"])) as session, session.begin():
    name = os.environ["ADMIN_NAME"]
    if session.get(Librarian, name):
        print(f"the librarian {name} is there")
    else:
        session.add(Librarian(name=name, password=passwords.hashed(os.environ["ADMIN_PASSWORD"])))
        print(f"made the librarian {name}")
