"""Makes the person of ADMIN_NAME where there is none: `flask --app wishes make-admin`.

One that is there gets the password where ADMIN_PASSWORD_CHANGED is set: the deployer has given another one.
"""

import os

import click
from flask.cli import with_appcontext

from .models import Person, db


@click.command("make-admin")
@with_appcontext
def make_admin():
    name = os.environ["ADMIN_NAME"]
    person = db.session.get(Person, name)
    if person and not os.environ.get("ADMIN_PASSWORD_CHANGED"):
        click.echo(f"{name} is there")
        return
    click.echo(f"{name} has another password" if person else f"made {name}")
    person = person or Person(name=name)
    person.set_password(os.environ["ADMIN_PASSWORD"])
    db.session.add(person)
    db.session.commit()
