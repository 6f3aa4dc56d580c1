import FileTrees
import Foundation
import HostSystem
import Synchronization

/// Debian's Python with the clients of `Clients/Python`, which speak AMQP, STOMP, MQTT, WebSocket, STUN and TURN through
/// the libraries that are made for them. It holds the connections of one attempt at a check.
final class ClientProcess: Sendable {
    /// What one client is to do.
    struct Request: Encodable, Sendable {
        enum CodingKeys: String, CodingKey {
            case client, port, transport, connection, settings, limit
            case goesOn = "goes-on"
        }

        /// `amqp`, …
        var client: String
        /// On this machine's loopback address.
        var port: Int
        /// `tcp`, `tls`, `udp`.
        var transport: String
        var connection: String?
        /// Whether an earlier request opened that connection.
        var goesOn = false
        var settings: JSONValue
        /// Seconds.
        var limit: Double
    }

    struct Answer: Decodable, Sendable {
        var passed: Bool
        var detail: String
        var evidence: [String]
        var final: Bool
    }

    private let requests = RequestQueue()
    private let answers: AsyncStream<String>

    private init(answers: AsyncStream<String>) {
        self.answers = answers
    }

    /// Runs `body` with a process, which ends with it.
    ///
    /// - Throws: `HostError` when Python cannot be started, what `body` throws, `CancellationError`.
    static func run<Value: Sendable>(
        runner: CommandRunner, folder: String, _ body: @escaping @Sendable (ClientProcess) async throws -> Value
    ) async throws -> Value {
        try writeScripts(to: folder)
        let (stream, continuation) = AsyncStream.makeStream(of: String.self)
        let process = ClientProcess(answers: stream)
        // Debian's own, which has Debian's libraries: not what PATH or a virtual environment has in its place.
        var command = Command("/usr/bin/python3", ["-I", "-B", "\(folder)/check_clients.py"])
        command.input = .stream { input in
            while let line = process.requests.next() { try input.write(line) }
        }
        command.output = .lines { continuation.yield($0) }
        return try await withThrowingTaskGroup(of: Value?.self) { [command] group in
            defer { process.requests.close() }
            group.addTask {
                defer { continuation.finish() }
                _ = try await withTaskCancellationHandler {
                    try await runner.run(command)
                } onCancel: {
                    // The thread that feeds it waits for lines.
                    process.requests.close()
                }
                return nil
            }
            group.addTask { try await body(process) }
            defer { group.cancelAll() }
            while let ended = try await group.next() {
                if let ended { return ended }
            }
            throw CancellationError()
        }
    }

    /// - Throws: `CancellationError`.
    func ask(_ request: Request) async throws -> Answer {
        requests.add(Array(try JSONEncoder().encode(request)) + [10])
        // It keeps to the limit itself; one that has ended, or is stuck in a library, does not answer.
        let line = try await withTimeLimit(seconds: request.limit + Self.grace) { [answers] () -> String? in
            for await line in answers { return line }
            return nil
        }
        try Task.checkCancellation()
        guard let line = line ?? nil else {
            return Answer(
                passed: false, detail: "the check's client (/usr/bin/python3) does not answer", evidence: [],
                final: false)
        }
        return try JSONDecoder().decode(Answer.self, from: Data(line.utf8))
    }

    /// Seconds that an answer may be late, of a program that starts on a busy machine.
    private static let grace = 10.0

    /// Several checks begin at once: what is there is whole.
    private static func writeScripts(to folder: String) throws {
        guard !Files.exists(folder) else { return }
        let aside = "\(folder)-\(UUID().uuidString)"
        try Files.makeFolder(aside)
        for (name, content) in scripts { try Files.write(content, to: "\(aside)/\(name).py") }
        guard rename(aside, folder) != 0 else { return }
        try removeTree(aside)
    }

    private static let scripts: [(String, [UInt8])] = [
        ("check_clients", PackageResources.check_clients_py), ("check_common", PackageResources.check_common_py),
        ("check_amqp", PackageResources.check_amqp_py), ("check_amqp_1_0", PackageResources.check_amqp_1_0_py),
        ("check_mqtt", PackageResources.check_mqtt_py), ("check_stomp", PackageResources.check_stomp_py),
        ("check_turn", PackageResources.check_turn_py), ("check_udp", PackageResources.check_udp_py),
        ("check_websocket", PackageResources.check_websocket_py),
    ]
}

/// Lines on their way to a thread that waits for them.
private final class RequestQueue: Sendable {
    private let state = Mutex<(lines: [[UInt8]], isClosed: Bool)>(([], false))
    private let signal = DispatchSemaphore(value: 0)

    func add(_ line: [UInt8]) {
        state.withLock { $0.lines.append(line) }
        signal.signal()
    }

    func close() {
        state.withLock { $0.isClosed = true }
        signal.signal()
    }

    /// Blocks; nil once it is closed.
    func next() -> [UInt8]? {
        signal.wait()
        return state.withLock { $0.isClosed || $0.lines.isEmpty ? nil : $0.lines.removeFirst() }
    }
}
