"""Makes the worker of ADMIN_NAME where there is none: `python -m worklog.admin`.

One that is there gets the password where ADMIN_PASSWORD_CHANGED is set: the deployer has given another one.
"""

import os

import transaction
from sqlalchemy import create_engine

from . import passwords
from .model import DBSession, Worker, init_model

init_model(create_engine(os.environ["SQLALCHEMY_DATABASE_URI"]))
name = os.environ["ADMIN_NAME"]
with transaction.manager:
    worker = DBSession.get(Worker, name)
    if worker and os.environ.get("ADMIN_PASSWORD_CHANGED"):
        worker.password = passwords.hashed(os.environ["ADMIN_PASSWORD"])
        print(f"the worker {name} has another password")
    elif worker:
        print(f"the worker {name} is there")
    else:
        DBSession.add(Worker(user_name=name, password=passwords.hashed(os.environ["ADMIN_PASSWORD"])))
        print(f"made the worker {name}")
