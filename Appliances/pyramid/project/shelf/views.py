"""The pages."""

import logging

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response
from pyramid.security import forget, remember
from pyramid.view import forbidden_view_config, view_config
from sqlalchemy import func, select

from .models import Book, Librarian

log = logging.getLogger(__name__)


@view_config(route_name="shelf", renderer="templates/shelf.jinja2", permission="view")
def shelf(request):
    return {"books": request.db.scalars(select(Book).order_by(Book.added.desc()).limit(100)).all()}


@view_config(route_name="books", renderer="json", permission="view")
def books(request):
    found = request.db.scalars(select(Book).order_by(Book.added.desc()).limit(100))
    return {
        "database": request.db.get_bind().dialect.name,
        "count": request.db.scalar(select(func.count()).select_from(Book)),
        "books": [{"title": book.title, "author": book.author} for book in found],
    }


@view_config(route_name="add", renderer="templates/add.jinja2", permission="add")
def add(request):
    title, author = (request.POST.get(name, "").strip()[:200] for name in ("title", "author"))
    if request.method == "POST" and title and author:
        request.db.add(Book(title=title, author=author))
        log.info("%s added %r", request.identity, title)
        return HTTPSeeOther(request.route_url("shelf"))
    return {"title": title, "author": author}


@view_config(route_name="login", renderer="templates/login.jinja2")
@forbidden_view_config(renderer="templates/login.jinja2")
def login(request):
    name, password = request.POST.get("name", ""), request.POST.get("password", "")
    if request.method == "POST":
        librarian = request.db.get(Librarian, name)
        if librarian and librarian.has_password(password):
            return HTTPSeeOther(request.route_url("add"), headers=remember(request, name))
        log.warning("refused to let %r in", name)
        request.response.status = 403
    elif request.matched_route is None or request.matched_route.name != "login":
        return HTTPSeeOther(request.route_url("login"))
    return {"name": name}


@view_config(route_name="logout", request_method="POST")
def logout(request):
    return HTTPSeeOther(request.route_url("shelf"), headers=forget(request))


@view_config(route_name="health")
def health(request):
    """Well is who can read the database."""
    request.db.execute(select(Book.id).limit(1))
    return Response("ok\n", content_type="text/plain")
