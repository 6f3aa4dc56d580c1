"""The pages."""

import hmac
import logging
import secrets

from sqlalchemy import func, select
from tg import TGController, abort, expose, redirect, request, require, session
from tg.predicates import not_anonymous

from ..model import DBSession, Entry

log = logging.getLogger(__name__)


def form_token():
    """What a form of ours has and a form of another site cannot know."""
    if "token" not in session:
        session["token"] = secrets.token_hex(16)
        session.save()
    return session["token"]


class RootController(TGController):
    @expose("worklog.templates.log")
    def index(self):
        return {"entries": DBSession.scalars(select(Entry).order_by(Entry.id.desc()).limit(100)).all()}

    @expose("json")
    def entries(self):
        found = DBSession.scalars(select(Entry).order_by(Entry.id.desc()).limit(100))
        return {
            "database": DBSession.get_bind().dialect.name,
            "minutes": DBSession.scalar(select(func.coalesce(func.sum(Entry.minutes), 0))),
            "entries": [{"task": entry.task, "minutes": entry.minutes, "worker": entry.worker} for entry in found],
        }

    @expose("worklog.templates.add")
    @require(not_anonymous())
    def add(self, task="", minutes="", token=""):
        if request.method == "POST":
            if not hmac.compare_digest(token, form_token()):
                abort(403)
            if task.strip() and minutes.isdigit() and 0 < int(minutes) <= 1440:
                worker = request.identity["repoze.who.userid"]
                DBSession.add(Entry(task=task.strip()[:200], minutes=int(minutes), worker=worker))
                log.info("%s logged %r", worker, task)
                redirect("/")
        return {"task": task, "minutes": minutes, "token": form_token()}

    @expose("worklog.templates.login")
    def login(self, came_from="/add", **_):
        """The form goes to /login_handler, which is TurboGears' own."""
        return {"came_from": came_from if came_from.startswith("/") and not came_from.startswith("//") else "/add"}

    @expose("json")
    def health(self):
        """Well is who can read the database."""
        DBSession.execute(select(Entry.id).limit(1))
        return {"status": "ok"}
