"""The application: TurboGears' full stack, configured."""

from tg import FullStackApplicationConfigurator
from tg.configuration.auth import TGAuthMetadata

import worklog

from . import model
from .controllers.root import RootController


class AuthMetadata(TGAuthMetadata):
    """Who may log in, and as whom."""

    def authenticate(self, environ, identity):
        worker = self.get_user(identity, identity["login"])
        return worker.user_name if worker and worker.validate_password(identity["password"]) else None

    def get_user(self, identity, userid):
        return model.DBSession.get(model.Worker, userid)

    def get_groups(self, identity, userid):
        return []

    def get_permissions(self, identity, userid):
        return []


def make_app(global_config, **settings):
    """What PasteDeploy calls for `[app:main]`."""
    configurator = FullStackApplicationConfigurator()
    configurator.update_blueprint(
        {
            "package": worklog,
            "root_controller": RootController(),
            "renderers": ["json", "kajiki"],
            "default_renderer": "kajiki",
            "use_sqlalchemy": True,
            "model": model,
            "DBSession": model.DBSession,
            "tm.enabled": True,
            "sa_auth.enabled": True,
            "sa_auth.authmetadata": AuthMetadata(),
            "sa_auth.post_login_url": "/add",
            "sa_auth.post_logout_url": "/",
            "i18n.enabled": False,
            "cache.enabled": False,
            # nginx serves them.
            "serve_static": False,
            "errorpage.enabled": False,
        }
    )
    return configurator.make_wsgi_app(global_config, settings)
