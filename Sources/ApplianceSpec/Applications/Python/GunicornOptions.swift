import Diagnostics

/// The keys that all kinds for Python applications have.
struct GunicornOptions {
    /// Nil for auto: by the machine's CPUs, at start.
    var workers: Int?
    var environment: [String: String]
    /// The port that nginx listens on.
    var listen: Int
    /// The application's own path that answers 200 when it is well; nginx serves it as `/healthz`.
    var healthPath: String

    /// - Parameter secretsPath: where secrets belong, for the warning about those in `environment`.
    init(_ node: SpecNode, secretsPath: String, from decoder: inout SpecDecoder) {
        let members = node["environment"]?.members ?? []
        for member in members { decoder.warnOfSecret(member, secretsPath: secretsPath) }
        let variables = members.compactMap { member in member.value.string.map { (member.key.value, $0) } }
        workers = node["workers"]?.integer
        environment = Dictionary(variables) { _, last in last }
        listen = node["listen"]?.integer ?? 80
        healthPath = node.text("health")?.value ?? "/"
    }

    /// `ApplicationKind.settings`, as far as they follow from these keys.
    var settings: [String: String] {
        var settings = [
            "workers": workers.map(String.init) ?? "auto", "listen": "\(listen)", "health": healthPath,
        ]
        for (name, value) in environment { settings["environment.\(name)"] = value }
        return settings
    }
}

extension Field {
    static let workers = Field(
        "workers", .either([.integer(1...512), .choice(["auto"])]),
        "Worker processes; `auto` is two for each processor and one more, counted at start.", standard: "auto")
    static let environment = Field(
        "environment", .map(keys: .variable, values: .text(.variableValue)),
        "Environment variables. They are in the image: no secrets.")
    static let listen = Field("listen", .integer(1...65535), "The port that nginx listens on.", standard: "80")
    static let health = Field(
        "health", .text(.urlPath),
        "The application's path that answers 200 when it is well. nginx serves it as /healthz.", standard: "/")
}

extension SpecNode {
    /// A URL prefix without the slash at its end; `/static` where the key is not given.
    func urlPrefix(_ key: String) -> String {
        let url = text(key)?.value ?? "/static"
        return url.hasSuffix("/") ? String(url.dropLast()) : url
    }
}
