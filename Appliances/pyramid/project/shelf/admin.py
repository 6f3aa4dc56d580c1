"""Makes the librarian of ADMIN_NAME where there is none: `python -m shelf.admin`.

One that is there gets the password where ADMIN_PASSWORD_CHANGED is set: the deployer has given another one.
"""

import os

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from . import passwords
from .models import Librarian

with Session(create_engine(os.environ["SQLALCHEMY_DATABASE_URI"])) as session, session.begin():
    name = os.environ["ADMIN_NAME"]
    librarian = session.get(Librarian, name)
    if librarian and os.environ.get("ADMIN_PASSWORD_CHANGED"):
        librarian.password = passwords.hashed(os.environ["ADMIN_PASSWORD"])
        print(f"the librarian {name} has another password")
    elif librarian:
        print(f"the librarian {name} is there")
    else:
        session.add(Librarian(name=name, password=passwords.hashed(os.environ["ADMIN_PASSWORD"])))
        print(f"made the librarian {name}")
