"""Who is asking: a librarian's name in a signed cookie."""

from pyramid.authentication import AuthTktCookieHelper
from pyramid.authorization import ACLHelper, Allow, Authenticated, Everyone
from pyramid.csrf import CookieCSRFStoragePolicy


class Shelf:
    """Everybody may look; librarians may put books on it."""

    __acl__ = [(Allow, Everyone, "view"), (Allow, Authenticated, "add")]

    def __init__(self, request):
        self.request = request


class SecurityPolicy:
    def __init__(self, secret):
        self.cookie = AuthTktCookieHelper(secret, hashalg="sha512", http_only=True, samesite="Lax", timeout=86400)

    def identity(self, request):
        identity = self.cookie.identify(request)
        return identity and identity["userid"]

    def authenticated_userid(self, request):
        return request.identity

    def permits(self, request, context, permission):
        principals = [Everyone] + ([Authenticated, request.identity] if request.identity else [])
        return ACLHelper().permits(context, principals, permission)

    def remember(self, request, userid, **kw):
        return self.cookie.remember(request, userid, **kw)

    def forget(self, request, **kw):
        return self.cookie.forget(request, **kw)


def includeme(config):
    config.set_root_factory(Shelf)
    config.set_security_policy(SecurityPolicy(config.registry.settings["shelf.secret"]))
    config.set_csrf_storage_policy(CookieCSRFStoragePolicy(httponly=True, samesite="Lax"))
    config.set_default_csrf_options(require_csrf=True)
