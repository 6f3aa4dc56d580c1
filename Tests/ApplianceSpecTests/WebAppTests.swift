import Diagnostics
import Testing

@testable import ApplianceSpec

/// Projects of each framework, for specs to name.
enum WebProjects {
    static let files = [
        "shop/manage.py": "os.environ.setdefault(\"DJANGO_SETTINGS_MODULE\", \"shop.settings\")\n",
        "shop/shop/settings.py": "DEBUG = True\n", "shop/shop/wsgi.py": "application = None\n",
        "shelf/shelf/__init__.py": "def main(global_config, **settings): ...\n",
        "shelf/production.ini": "[app:main]\npaste.app_factory = shelf:main\n", "shelf/alembic.ini": "[alembic]\n",
        "shelf/other.ini": "[server:main]\n",
        "app/hello.py": "app = None\n", "app/migrations/alembic.ini": "[alembic]\n",
        "requirements-django.txt": "Django>=5.2,<6\n", "requirements.txt": "flask>=3\n", "static/style.css": "",
    ]
}

struct WebAppTests {
    private func spec(_ keys: String, _ more: String = "") -> String {
        minimal("application:\n  web-app: {\(keys)}\n\(more)")
    }

    private func compiled(_ keys: String, _ more: String = "", with files: [String: String] = [:]) throws -> Appliance {
        try appliance(spec(keys, more), files: WebProjects.files.merging(files) { $1 })
    }

    private func text(_ path: String, in appliance: Appliance) throws -> String {
        let file = try #require(appliance.files.first { $0.path.value == path }, "there is no \(path)")
        guard case .text(let text) = file.content else { return "" }
        return text
    }

    private func problems(_ keys: String, with files: [String: String] = [:]) throws -> String {
        try terminalText(spec(keys), files: WebProjects.files.merging(files) { $1 })
    }

    // MARK: What it expands to

    @Test func `Django needs nothing but its source: manage.py names the settings, and SQLite keeps the data`() throws {
        let shop = try compiled("framework: django, source: shop, admin: {}")
        #expect(shop.packages.install.map(\.value) == ["nginx-light", "python3"])
        #expect(shop.users.map(\.name.value) == ["web-app"])
        #expect(shop.python?.path == "/opt/web-app/venv")
        #expect(shop.python?.requirements.text == "django>=5.2,<6\ngunicorn>=23\n")
        #expect(shop.application?.settings["settings"] == "shop.settings")
        #expect(try text("/opt/web-app/lib/appliance_settings.py", in: shop).contains("\nfrom shop.settings import *"))
        #expect(try text("/usr/lib/web-app/database", in: shop).contains("sqlite:////var/lib/web-app/web-app.sqlite3"))
        let service = try text("/etc/systemd/system/web-app.service", in: shop)
        #expect(service.contains("/venv/bin/gunicorn --config /etc/web-app/gunicorn.conf.py shop.wsgi:application\n"))
        #expect(service.contains("DJANGO_SETTINGS_MODULE=appliance_settings\n"))
        #expect(shop.scripts.map(\.name) == ["collect the static files of Django"])
        #expect(shop.checks.first?.name == "the application answers")
    }

    @Test func `Django's migrations and administrator are set up before it starts`() throws {
        let shop = try compiled("framework: django, source: shop, admin: {name: ada}")
        let setup = try text("/usr/lib/web-app/setup", in: shop).split(separator: "\n").suffix(2)
        #expect(
            setup == ["python -m django migrate --noinput", "python /opt/web-app/lib/appliance_admin.py"])
        #expect(shop.parameters.first { $0.name.value == "admin-name" }?.standard == "ada")
        let work = shop.firstBoot.work
        #expect(work.scripts.map(\.name) == ["database-url", "database"])
        #expect(work.scripts.map(\.frequency) == [.everyBoot, .firstBoot])
        #expect(work.units.map(\.value) == ["web-app.service", "nginx.service"])
        #expect(work.needs.isEmpty)
        #expect(work.dataFolders.map(\.value) == ["/var/lib/web-app"])
    }

    @Test func `the application is not told the administrator's password, and each instance makes its own secrets`()
        throws
    {
        let shop = try compiled(
            "framework: django, source: shop, admin: {}", "parameters: [{name: motto, default: hello}]\n")
        let environments = shop.firstBoot.work.environments
        #expect(environments.map(\.path.value) == ["/etc/web-app/parameters", "/etc/web-app/admin"])
        #expect(
            environments[0].parameters?.map(\.value) == ["motto", "secret-key", "allowed-hosts", "trusted-origins"])
        #expect(environments[1].parameters?.map(\.value) == ["admin-name", "admin-password", "admin-email"])
        #expect(shop.parameters.filter(\.isGenerated).map(\.name.value) == ["secret-key", "admin-password"])
        #expect(shop.parameters.filter { $0.isGenerated && $0.isShown }.map(\.name.value) == ["admin-password"])
    }

    @Test func `a database server comes with its driver, and is there before the tables are`() throws {
        let shop = try compiled(
            "framework: django, source: shop, requirements: requirements-django.txt, database: postgresql")
        #expect(shop.packages.install.map(\.value).contains("postgresql"))
        #expect(
            shop.python?.requirements.text == "Django>=5.2,<6\ngunicorn>=23\npsycopg[binary]>=3.2,<4\n")
        #expect(shop.firstBoot.work.needs.map(\.value) == ["postgresql.service"])
        #expect(shop.firstBoot.work.dataFolders.map(\.value).contains("/var/lib/postgresql"))
        #expect(try text("/etc/systemd/system/web-app.service", in: shop).contains(" postgresql.service "))
        #expect(
            try text("/usr/lib/web-app/database", in: shop).contains("postgresql:///web-app?host=/run/postgresql"))
    }

    @Test func `an external database has to be named by the deployer`() throws {
        let shop = try compiled("framework: django, source: shop, database: external")
        let url = try #require(shop.parameters.first { $0.name.value == "database-url" })
        #expect(url.isRequired && url.isSecret && url.standard == nil)
        let own = try compiled("framework: django, source: shop")
        #expect(own.parameters.first { $0.name.value == "database-url" }?.standard == "")
    }

    @Test func `a PasteDeploy file is served as it is, and knows what the instance was told`() throws {
        let shelf = try compiled(
            "framework: pyramid, source: shelf, configuration: production.ini, database: sqlite, "
                + "static: {source: static, url: /s/}, admin: {command: python -m shelf.admin}")
        #expect(shelf.python?.requirements.text == "pyramid>=2,<3\ngunicorn>=23\nPasteDeploy>=3\n")
        let library = try text("/opt/web-app/lib/appliance_wsgi.py", in: shelf)
        #expect(library.contains("PATH = \"/opt/web-app/app/production.ini\"\n"))
        #expect(
            try text("/etc/systemd/system/web-app.service", in: shelf).contains(" appliance_wsgi:application\n"))
        #expect(try text("/etc/nginx/sites-available/web-app", in: shelf).contains("location /s/ {"))
        #expect(
            try text("/usr/lib/web-app/setup", in: shelf).hasSuffix("alembic upgrade head\npython -m shelf.admin\n"))
        #expect(shelf.scripts.isEmpty)
    }

    @Test func `Flask is a module, and without a database it has neither tables nor an administrator`() throws {
        let hello = try compiled("framework: flask, source: app, module: hello:app")
        #expect(!hello.files.contains { $0.path.value.hasPrefix("/usr/lib/web-app") })
        #expect(hello.parameters.map(\.name.value) == ["secret-key"])
        let stored = try compiled("framework: flask, source: app, module: hello:app, database: sqlite")
        #expect(try text("/usr/lib/web-app/setup", in: stored).hasSuffix("\nflask --app 'hello:app' db upgrade\n"))
        // Flask's own documentation makes the application in a function.
        let made = try compiled("framework: flask, source: app, module: 'hello:app()', database: sqlite")
        #expect(try text("/usr/lib/web-app/setup", in: made).hasSuffix("\nflask --app 'hello:app()' db upgrade\n"))
        #expect(try text("/etc/systemd/system/web-app.service", in: made).contains(" hello:app()\n"))
    }

    @Test func `TurboGears2 without a file of requirements is the release that was tried`() throws {
        let shelf = try compiled("framework: turbogears2, source: shelf, configuration: production.ini")
        #expect(shelf.python?.requirements.text.hasPrefix("TurboGears2>=2.5.1,<2.6\n") == true)
    }

    // MARK: What is wrong with a spec

    @Test func `a framework that is not known is told with the nearest one`() throws {
        #expect(
            try problems("framework: djano, source: shop") == """
                a.yaml:6:24: error: 'djano' is not one of django, pyramid, turbogears2, flask [unknown-value]
                   6 |   web-app: {framework: djano, source: shop}
                     |                        ^~~~~
                  hint: did you mean 'django'?

                """)
    }

    @Test(arguments: [
        ("source: shop", "missing-key", "6:13"),
        ("framework: flask", "missing-key", "6:13"),
        ("framework: django, source: app, database: sqlite", "missing-key", "6:24"),
        ("framework: django, source: shop, settings: shop.setings", "module-not-found", "6:56"),
        ("framework: django, source: shop, settings: shop/settings.py", "bad-python-module", "6:56"),
        ("framework: django, source: shop, module: 'shop.asgi:application'", "module-not-found", "6:54"),
        ("framework: django, source: shop, configuration: x.ini", "not-of-framework", "6:46"),
        ("framework: django, source: shop, static: {source: static}", "not-of-framework", "6:55"),
        ("framework: django, source: shop, database: mysql", "unknown-value", "6:56"),
        ("framework: django, source: shop, database: none, admin: {}", "no-database", "6:62"),
        ("framework: django, source: shop, requirements: requirements.txt", "bad-requirement", "requirements.txt:1:1"),
        ("framework: django, source: shop, environment: {SECRET_KEY: ''}", "reserved-variable", "6:60"),
        ("framework: pyramid, source: shelf", "missing-key", "6:24"),
        ("framework: pyramid, source: shelf, configuration: producton.ini", "file-not-found", "6:63"),
        ("framework: pyramid, source: shelf, configuration: ../static/style.css", "not-in-source", "6:63"),
        ("framework: pyramid, source: shelf, configuration: other.ini", "no-application", "6:63"),
        (
            "framework: pyramid, source: shelf, configuration: production.ini, module: 'shelf:main'",
            "conflicting-keys", "6:87"
        ),
        ("framework: pyramid, source: shelf, settings: shelf, module: 'shelf:main'", "not-of-framework", "6:48"),
        ("framework: flask, source: app", "missing-key", "6:24"),
        ("framework: flask, source: app, module: 'helo:app'", "module-not-found", "6:52"),
        ("framework: flask, source: app, module: 'hello:app(1)'", "bad-wsgi-module", "6:52"),
        ("framework: flask, source: app, module: 'hello:app', migrate: [x]", "no-database", "6:74"),
        ("framework: flask, source: app, module: 'hello:app', database: sqlite, admin: {}", "missing-key", "6:83"),
        ("framework: flask, source: app, module: 'hello:app', static: {url: /s}", "missing-key", "6:73"),
        ("framework: flask, source: app, module: 'hello:app', static: {source: nowhere}", "folder-not-found", "6:82"),
        ("framework: flask, source: app, module: 'hello:app', databse: sqlite", "unknown-key", "6:65"),
    ])
    func `what does not fit together is told at its place`(keys: String, code: String, place: String) throws {
        let workspace = try Workspace(WebProjects.files.merging(["a.yaml": spec(keys)]) { $1 })
        let diagnostics = workspace.compile().report.sorted
        #expect(diagnostics.map(\.code) == [code])
        let expected = place.contains(".txt") ? place : "a.yaml:\(place)"
        #expect(diagnostics.first?.range?.description == expected)
    }

    @Test func `hints say what to write`() throws {
        #expect(
            try problems("framework: django, source: app").contains("hint: the module of the settings: 'settings: shop")
        )
        #expect(
            try problems("framework: django, source: shop, settings: shop.setings").contains(
                "hint: did you mean 'shop.settings'?"))
        #expect(
            try problems("framework: pyramid, source: shelf, configuration: producton.ini").contains(
                "hint: did you mean 'production.ini'?"))
        #expect(
            try problems("framework: django, source: shop, requirements: requirements.txt").contains(
                "error: Django is not among the requirements [bad-requirement]"))
    }

    @Test func `a database whose tables nothing makes is warned of`() throws {
        let keys = "framework: turbogears2, source: app, module: 'hello:app', database: sqlite"
        let workspace = try Workspace(WebProjects.files.merging(["a.yaml": spec(keys)]) { $1 })
        #expect(workspace.compile().report.sorted.map(\.code) == ["no-migrations"])
    }

    @Test func `several mistakes are told at once`() throws {
        let workspace = try Workspace(
            WebProjects.files.merging([
                "a.yaml": spec("framework: flask, source: app, settings: x, database: none, admin: {}, static: {}")
            ]) { $1 })
        #expect(
            workspace.compile().report.sorted.map(\.code) == [
                "missing-key", "not-of-framework", "no-database", "missing-key", "missing-key",
            ])
    }
}
