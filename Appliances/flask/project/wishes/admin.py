"""Makes the person of ADMIN_NAME where there is none: `flask --app wishes make-admin`."""

import os

import click
from flask.cli import with_appcontext

from .models import Person, db


@click.command("make-admin")
@with_appcontext
def make_admin():
    name = os.environ["ADMIN_NAME"]
    if db.session.get(Person, name):
        click.echo(f"{name} is there")
        return
    person = Person(name=name)
    person.set_password(os.environ["ADMIN_PASSWORD"])
    db.session.add(person)
    db.session.commit()
    click.echo(f"made {name}")
