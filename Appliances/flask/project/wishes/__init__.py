"""A wish list: everybody sees it, who is logged in adds to it."""

import os

from flask import Flask

from . import admin, views
from .models import db, migrate
from .views import csrf


def create_app():
    """What Gunicorn calls, and `flask --app wishes`."""
    app = Flask(__name__, static_folder=None)  # nginx serves the static files
    app.config["SECRET_KEY"] = os.environ["SECRET_KEY"]
    app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["SQLALCHEMY_DATABASE_URI"]
    app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
    db.init_app(app)
    # SQLite changes a table by making it anew.
    migrate.init_app(app, db, render_as_batch=True)
    csrf.init_app(app)
    app.register_blueprint(views.pages)
    app.cli.add_command(admin.make_admin)
    return app
