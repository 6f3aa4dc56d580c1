/// The files of a new appliance: a spec with comments that builds and boots as it is, and what it names.
struct NewAppliance {
    enum Kind: String, CaseIterable {
        case wsgi
        case webApp = "web-app"
        case broker
    }

    let name: String
    /// As it was given: what the commands in the spec's comments name.
    let folder: String
    let kind: Kind

    /// Paths below the appliance's folder, and texts.
    var files: [(path: String, text: String)] {
        switch kind {
        case .wsgi: [("appliance.yaml", spec(wsgi)), ("app/app.py", Self.wsgiModule)]
        case .webApp:
            [
                ("appliance.yaml", spec(webApp)), ("project/manage.py", Self.manage),
                ("project/website/__init__.py", ""), ("project/website/settings.py", Self.settings),
                ("project/website/urls.py", Self.urls), ("project/website/wsgi.py", Self.wsgi),
            ]
        case .broker: [("appliance.yaml", spec(broker))]
        }
    }

    private func spec(_ body: String) -> String {
        """
        # \(name): an appliance of the kind `\(kind.rawValue)`. docs/spec.md tells all that can stand here.
        #
        #     stonebake build \(folder)    resolves, builds, and writes the image
        #     stonebake test \(folder)     boots it and runs the checks below
        stonebake: 1
        name: \(name)
        version: 1.0.0                 # quoted where YAML would read a number: "1.0"
        distribution: {name: debian, release: trixie}

        \(body)
        # More Debian packages, as apt names them:
        # packages: {install: [curl]}

        memory: 1 GiB                  # of the machine that runs it
        disk: {free: 20%}              # `data: {}` puts the application's state on a disk of its own

        targets: [qcow2]

        """
    }

    private var wsgi: String {
        """
        application:
          wsgi:
            module: app:application    # Python module and callable: app/app.py
            source: app                # this folder is copied into the image
            # requirements: requirements.txt     wheels from PyPI, locked by hash

        # What a deployer gives each instance (docs/first-boot.md); it is in the application's environment as $GREETING.
        parameters:
          - {name: greeting, default: Hello, description: What the page says}
          - {name: secret-key, type: password, min-length: 50, show: false, description: Made by each instance for itself}

        checks:
          - name: the page
            http: {path: /, contains: Hello}

        """
    }

    private var webApp: String {
        """
        application:
          web-app:
            framework: django
            source: project            # the folder with manage.py
            database: sqlite           # or postgresql: a server in the appliance
            admin: {name: admin}       # its password is each instance's own, shown once on the console

        checks:
          - name: the page
            http: {path: /, contains: It works}
          - name: the administration
            http: {path: /admin/login/, contains: csrfmiddlewaretoken}

        """
    }

    private var broker: String {
        """
        application:
          broker:
            users:                     # each password is a parameter, NAME-password: given, or each instance's own
              - {name: admin, tags: [administrator]}
              - {name: app}
            queues: [{name: work}]
            # virtual-hosts, protocols, plugins, tls: docs/kinds/broker.md

        checks:
          - name: a message goes there and back
            timeout: 2 min             # for the broker's start as well; longer by itself where no KVM is
            amqp:
              user: app
              password: {parameter: app-password}
              subscribe: {queue: work}
              publish: {queue: work, message: a first task}
              expect: a first task
          - name: its queue is there
            timeout: 2 min
            command: {run: rabbitmqctl --quiet list_queues name, contains: work}

        """
    }

    // MARK: Sources

    private static let wsgiModule = #"""
        """A WSGI application (PEP 3333)."""

        import os


        def application(environ, start_response):
            body = f"{os.environ.get('GREETING', 'Hello')} from {environ['PATH_INFO']}\n".encode()
            start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))])
            return [body]

        """#

    private static let manage = #"""
        #!/usr/bin/env python3
        import os
        import sys

        from django.core.management import execute_from_command_line

        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "website.settings")
        execute_from_command_line(sys.argv)

        """#

    private static let settings = #"""
        """Settings for a developer's machine; the appliance has its own secret key, hosts and database."""

        from pathlib import Path

        BASE_DIR = Path(__file__).resolve().parent.parent
        SECRET_KEY = "on a developer's machine"
        DEBUG = True
        ALLOWED_HOSTS = []
        INSTALLED_APPS = [
            "django.contrib.admin",
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.messages",
            "django.contrib.staticfiles",
        ]
        MIDDLEWARE = [
            "django.middleware.security.SecurityMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
        ]
        ROOT_URLCONF = "website.urls"
        WSGI_APPLICATION = "website.wsgi.application"
        TEMPLATES = [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ],
                },
            },
        ]
        DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}}
        USE_TZ = True
        STATIC_URL = "static/"
        DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

        """#

    private static let urls = #"""
        from django.contrib import admin
        from django.http import HttpResponse
        from django.urls import path

        urlpatterns = [
            path("", lambda request: HttpResponse("It works.\n", content_type="text/plain")),
            path("admin/", admin.site.urls),
        ]

        """#

    private static let wsgi = #"""
        import os

        from django.core.wsgi import get_wsgi_application

        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "website.settings")
        application = get_wsgi_application()

        """#
}
