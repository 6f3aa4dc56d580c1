"""A book shelf: everybody sees it, librarians add to it."""

from pyramid.config import Configurator


def main(global_config, **settings):
    """What PasteDeploy calls for `[app:main]`."""
    with Configurator(settings=settings) as config:
        config.include("pyramid_jinja2")
        config.include(".models")
        config.include(".security")
        config.add_route("shelf", "/")
        config.add_route("books", "/api/books")
        config.add_route("add", "/add")
        config.add_route("login", "/login")
        config.add_route("logout", "/logout")
        config.add_route("health", "/healthz")
        config.scan(".views")
        return config.make_wsgi_app()
