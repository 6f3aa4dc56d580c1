import FileTrees

extension Doctor {
    /// What boot checks of brokers, WebSockets and relays speak through: the module, and Debian's package of it.
    /// `Sources/BootCheck/Clients/Python/check_clients.py` names the same.
    static let clientLibraries: [(module: String, package: String)] = [
        ("pika", "python3-pika"), ("proton", "python3-qpid-proton"), ("paho.mqtt.client", "python3-paho-mqtt"),
        ("websockets", "python3-websockets"), ("aioice", "python3-aioice"),
    ]

    /// Optional: only the checks `amqp`, `stomp`, `mqtt`, `websocket`, `stun` and `turn` need them.
    var clientProbes: [Probe] {
        [
            Probe(name: "check clients", isOptional: true) {
                try await clients(python: "/usr/bin/python3", Self.clientLibraries)
            }
        ]
    }

    /// Imports each with the Python that the checks use, and no other.
    func clients(python: String, _ libraries: [(module: String, package: String)]) async throws -> Finding {
        let program = """
            import importlib, sys
            for name in sys.argv[1:]:
                try:
                    importlib.import_module(name)
                except Exception as error:
                    print(name, " ".join(f"{type(error).__name__}: {error}".split()))
            """
        let command = Command(python, ["-I", "-B", "-c", program] + libraries.map(\.module))
            .with { $0.output = .capture(limit: 1 << 16) }
        let result: CommandResult
        do {
            result = try await host.runner.check(command, purpose: "run Debian's Python")
        } catch var error as HostError {
            error.hint = Doctor.install("python3")
            throw error
        }
        let failures = result.text.split(separator: "\n").map(String.init)
        let packages = libraries.map(\.package)
        guard !failures.isEmpty else {
            return .works("\(python) imported what \(packages.joined(separator: ", ")) bring")
        }
        let missing = libraries.filter { library in failures.contains { $0.hasPrefix("\(library.module) ") } }
        return .missing(
            "checks of brokers, WebSockets and relays cannot be made: \(failures.joined(separator: "; "))",
            mend: Doctor.install(missing.map(\.package).joined(separator: " ")))
    }
}
