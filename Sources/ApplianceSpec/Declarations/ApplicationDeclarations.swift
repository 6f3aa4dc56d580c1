extension SpecDeclarations {
    /// One key for each application kind.
    static let application = Record(
        name: "an application",
        fields: [
            Field("wsgi", .record(wsgi), "A Python application behind the WSGI interface: Gunicorn behind nginx.")
        ],
        exactlyOne: ["wsgi"])

    private static let wsgi = Record(
        name: "a wsgi application",
        fields: [
            Field("module", .text(.pythonModule), "The Python module and its callable.", need: .afterMerge),
            Field(
                "source", .text(.relativePath), "The folder that is copied into the image and holds the module.",
                need: .afterMerge),
            Field(
                "requirements", .text(.relativePath), "A pip requirements file; its wheels are locked by hash.",
                standard: "Gunicorn alone"),
            Field("static", .record(staticFiles), "A folder that nginx serves itself."),
            Field(
                "workers", .either([.integer(1...512), .choice(["auto"])]),
                "Worker processes; `auto` is two for each processor and one more, counted at start.", standard: "auto"),
            Field(
                "environment", .map(keys: .variable, values: .text(.variableValue)),
                "Environment variables. They are in the image: no secrets."),
            Field("listen", .integer(1...65535), "The port that nginx listens on.", standard: "80"),
            Field(
                "health", .text(.urlPath),
                "The application's path that answers 200 when it is well. nginx serves it as /healthz.", standard: "/"),
        ])

    private static let staticFiles = Record(
        name: "static",
        fields: [
            Field("source", .text(.relativePath), "The folder.", need: .afterMerge),
            Field("url", .text(.urlPrefix), "The URL prefix.", standard: "/static"),
        ])
}
