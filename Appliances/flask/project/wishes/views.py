"""The pages."""

from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from flask_wtf import CSRFProtect
from sqlalchemy import func, select

from .models import Person, Wish, db

pages = Blueprint("pages", __name__)
csrf = CSRFProtect()


def newest():
    return db.session.scalars(select(Wish).order_by(Wish.added.desc()).limit(100)).all()


@pages.get("/")
def wishes():
    return render_template("wishes.html", wishes=newest())


@pages.get("/api/wishes")
def listed():
    return {
        "database": db.engine.dialect.name,
        "count": db.session.scalar(select(func.count()).select_from(Wish)),
        "wishes": [wish.text for wish in newest()],
    }


@pages.route("/add", methods=["GET", "POST"])
def add():
    if "name" not in session:
        return redirect(url_for("pages.login"))
    text = request.form.get("text", "").strip()[:200]
    if request.method == "POST" and text:
        db.session.add(Wish(text=text))
        db.session.commit()
        current_app.logger.info("%s wishes %r", session["name"], text)
        return redirect(url_for("pages.wishes"))
    return render_template("add.html")


@pages.route("/login", methods=["GET", "POST"])
def login():
    name, password = request.form.get("name", ""), request.form.get("password", "")
    if request.method == "GET":
        return render_template("login.html", name="")
    person = db.session.get(Person, name)
    if person and person.has_password(password):
        session.clear()
        session["name"] = name
        return redirect(url_for("pages.add"))
    current_app.logger.warning("refused to let %r in", name)
    return render_template("login.html", name=name), 403


@pages.post("/logout")
def logout():
    session.clear()
    return redirect(url_for("pages.wishes"))


@pages.get("/healthz")
def health():
    """Well is who can read the database."""
    db.session.execute(select(Wish.id).limit(1))
    return "ok\n", 200, {"Content-Type": "text/plain"}
