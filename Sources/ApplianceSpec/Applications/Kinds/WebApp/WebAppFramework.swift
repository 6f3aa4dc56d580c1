/// The frameworks of the kind `web-app`, and what each has its own way of.
enum WebAppFramework: String, CaseIterable {
    case django, pyramid, turbogears2, flask

    /// What messages call it.
    var title: String {
        switch self {
        case .django: "Django"
        case .pyramid: "Pyramid"
        case .turbogears2: "TurboGears2"
        case .flask: "Flask"
        }
    }

    /// Its project on PyPI, normalised (PEP 503).
    var project: String { rawValue }

    /// What is installed where the author has no requirements of his own.
    var requirement: String {
        switch self {
        case .django: "django>=5.2,<6"
        case .pyramid: "pyramid>=2,<3"
        case .turbogears2: "TurboGears2>=2.5.1,<2.6"
        case .flask: "flask>=3.1,<4"
        }
    }

    /// Whether it is set up by a PasteDeploy file; then a module is the other way.
    var takesConfiguration: Bool { self == .pyramid || self == .turbogears2 }

    /// Whether it brings models, migrations and an administration of its own.
    var isDjango: Bool { self == .django }

    /// What brings the tables up to date where the source folder holds that file; the first that there is counts.
    func migrations(callable: String) -> [(file: String, command: String)] {
        switch self {
        case .django: []
        case .pyramid, .turbogears2: [("alembic.ini", "alembic upgrade head")]
        case .flask:
            [
                ("migrations/alembic.ini", "flask --app '\(callable)' db upgrade"),
                ("alembic.ini", "alembic upgrade head"),
            ]
        }
    }
}

/// Where the application's data lie.
enum WebAppDatabase: String, CaseIterable {
    case none, sqlite, postgresql, external

    /// What PyPI has to give for it.
    var requirements: [String] { self == .postgresql ? ["psycopg[binary]>=3.2,<4"] : [] }

    /// The appliance's own, where the deployer names none.
    func standardURL(name: String) -> String? {
        switch self {
        case .none, .external: nil
        case .sqlite: "sqlite:////var/lib/\(name)/\(name).sqlite3"
        // The user of that name, whom the server knows by its uid: there is no password to keep.
        case .postgresql: "postgresql:///\(name)?host=/run/postgresql"
        }
    }
}
