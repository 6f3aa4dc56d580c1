// The Python that stands between a project and the appliance.
extension WebAppSetup {
    /// While the image is built: the settings are tried, and what nginx serves is put into its folder.
    var collection: String {
        """
        set -eu
        cd \(server.folder)/app
        set -a
        . \(server.environmentPath)
        set +a
        export \(pythonEnvironment.joined(separator: " ")) PYTHONDONTWRITEBYTECODE=1
        # Each instance has its own; these are for the build alone.
        export SECRET_KEY=only-while-the-image-is-built-and-never-in-it ALLOWED_HOSTS= TRUSTED_ORIGINS=
        export DATABASE_URL=sqlite:////nonexistent/build.sqlite3
        \(server.folder)/venv/bin/python -m django check --fail-level ERROR
        \(server.folder)/venv/bin/python -m django collectstatic --noinput --verbosity 1
        """
    }

    func djangoSettings(of module: String) -> String {
        """
        \"\"\"The project's settings, and over them what this appliance and this instance say.

        The instance's part comes from the environment, which stonebake-firstboot writes.
        \"\"\"

        import os
        from urllib.parse import parse_qsl, unquote, urlsplit

        import django

        from \(module) import *  # noqa: F403


        def _items(name):
            return [item.strip() for item in os.environ.get(name, "").split(",") if item.strip()]


        def _database(url):
            parts = urlsplit(url)
            scheme = parts.scheme.partition("+")[0]
            if scheme == "sqlite":
                options = {"timeout": 20}
                if django.VERSION >= (5, 1):
                    # A writer waits for its turn from the start, in place of failing in the middle.
                    options["transaction_mode"] = "IMMEDIATE"
                name = unquote(parts.path.removeprefix("/"))
                return {"ENGINE": "django.db.backends.sqlite3", "NAME": name, "OPTIONS": options}
            options = dict(parse_qsl(parts.query))
            return {
                "ENGINE": "django.db.backends." + {"postgres": "postgresql"}.get(scheme, scheme),
                "NAME": unquote(parts.path.removeprefix("/")),
                "USER": unquote(parts.username or ""),
                "PASSWORD": unquote(parts.password or ""),
                "HOST": options.pop("host", parts.hostname or ""),
                "PORT": str(parts.port or ""),
                "CONN_MAX_AGE": 60,
                "CONN_HEALTH_CHECKS": True,
                "OPTIONS": options,
            }


        DEBUG = False
        SECRET_KEY = os.environ["SECRET_KEY"]
        ALLOWED_HOSTS = _items("ALLOWED_HOSTS")
        CSRF_TRUSTED_ORIGINS = _items("TRUSTED_ORIGINS")
        \(hasDatabase ? djangoDatabase : "")STATIC_URL = "\(kind.staticURL ?? "/static")/"
        STATIC_ROOT = "\(server.folder)/static"
        MEDIA_URL = "/media/"
        MEDIA_ROOT = "\(mediaFolder)"
        # nginx serves them, as another user.
        FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o755
        # nginx says so itself, whatever a client sends.
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
        if not globals().get("LOGGING"):
            # Django's own answer without DEBUG is mail to nobody; the journal is where people look.
            LOGGING = {
                "version": 1,
                "disable_existing_loggers": False,
                "handlers": {"journal": {"class": "logging.StreamHandler"}},
                "root": {"handlers": ["journal"], "level": "INFO"},
            }

        """
    }

    private var djangoDatabase: String {
        """
        DATABASES = {**globals().get("DATABASES", {}), "default": _database(os.environ["DATABASE_URL"])}

        """
    }

    /// Makes the account where there is none; one that there is keeps its password until the deployer gives another one.
    static let djangoAdministrator = """
        \"\"\"Makes the administrator's account where there is none of that name.

        One that is there gets the password that the deployer has given since.
        \"\"\"

        import os

        import django

        django.setup()

        from django.contrib.auth import get_user_model  # noqa: E402

        model = get_user_model()
        name = os.environ["ADMIN_NAME"]
        email = os.environ.get("ADMIN_EMAIL", "")
        key = email if model.USERNAME_FIELD == model.get_email_field_name() else name
        account = model._default_manager.filter(**{model.USERNAME_FIELD: key}).first()
        if account and os.environ.get("ADMIN_PASSWORD_CHANGED"):
            account.set_password(os.environ["ADMIN_PASSWORD"])
            account.save()
            print(f"the account {key} has another password")
        elif account:
            print(f"the account {key} is there")
        else:
            values = {model.USERNAME_FIELD: key, "password": os.environ["ADMIN_PASSWORD"]}
            for field in model.REQUIRED_FIELDS:
                values[field] = email if field == model.get_email_field_name() else name
            model._default_manager.create_superuser(**values)
            print(f"made the account {key}")

        """

    /// PasteDeploy knows what this instance was told as `%(database_url)s` and the like.
    func pasteApplication(of configuration: String) -> String {
        """
        \"\"\"The application of the PasteDeploy file.

        What this instance was told at its first boot is %(secret_key)s, %(database_url)s and so on there.
        \"\"\"

        import configparser
        import logging.config
        import os

        from paste.deploy import loadapp

        PATH = "\(server.folder)/app/\(configuration)"
        NAMES = ["SECRET_KEY", "DATABASE_URL", "SQLALCHEMY_DATABASE_URI"]

        given = {name.lower(): os.environ[name].replace("%", "%%") for name in NAMES if name in os.environ}
        parser = configparser.RawConfigParser()
        parser.read(PATH)
        if parser.has_section("loggers"):
            place = {"__file__": PATH, "here": os.path.dirname(PATH)}
            logging.config.fileConfig(PATH, {**place, **given}, disable_existing_loggers=False)
        application = loadapp("config:" + PATH, global_conf=given)

        """
    }
}
