import FileTrees
import FoundationEssentials
import HostSystem
import Synchronization

/// A session with QEMU's monitor.
final class QMPClient: Sendable {
    private struct State {
        var nextID: Int64 = 1
        var waiting: [Int64: CheckedContinuation<JSONValue, any Error>] = [:]
        var isClosed = false
    }

    /// What QEMU tells by itself, for one reader; ends with the session.
    let events: AsyncStream<QMPEvent>
    private let socket: StreamSocket
    private let state = Mutex(State())
    private let reader: Task<Void, Never>

    /// Connects to a monitor socket, waiting for QEMU to make it, and negotiates.
    ///
    /// - Throws: `BootCheckError.monitor` after `seconds`, `CancellationError`.
    static func connect(folder: String, name: String, seconds: Double) async throws -> QMPClient {
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(seconds)
        while true {
            do {
                let client = QMPClient(try StreamSocket.unix(folder: folder, name: name))
                _ = try await client.execute("qmp_capabilities", limit: max(5, seconds))
                return client
            } catch let error as HostError {
                guard clock.now < deadline else {
                    throw BootCheckError(.monitor, "QEMU's monitor did not answer within \(Int(seconds)) s: \(error)")
                }
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    private init(_ socket: StreamSocket) {
        self.socket = socket
        let (stream, continuation) = AsyncStream.makeStream(of: QMPEvent.self)
        events = stream
        // The task must not keep the client alive: it ends when the socket's stream does.
        let box = WeakBox()
        let incoming = socket.incoming
        reader = Task {
            var splitter = LineSplitter()
            for await chunk in incoming {
                for line in splitter.add(chunk) where !line.isEmpty {
                    guard let message = try? QMPMessage(line: line) else { continue }
                    if case .event(let event) = message { continuation.yield(event) }
                    box.client?.handle(message)
                }
            }
            continuation.finish()
            box.client?.closed()
        }
        box.set(self)
    }

    deinit {
        socket.close()
        reader.cancel()
    }

    /// Runs one command.
    ///
    /// - Throws: `BootCheckError.monitor` when QEMU refuses it, is gone, or says nothing within `limit` seconds;
    ///   `CancellationError`.
    @discardableResult
    func execute(
        _ command: String, _ arguments: [String: JSONValue] = [:], limit: Double = 30
    ) async throws -> JSONValue {
        try Task.checkCancellation()
        let id = state.withLock { state in
            defer { state.nextID += 1 }
            return state.nextID
        }
        var message: [String: JSONValue] = ["execute": .string(command), "id": .integer(id)]
        if !arguments.isEmpty { message["arguments"] = .object(arguments) }
        let bytes = Array(JSONValue.object(message).text.utf8) + [10]
        let timer = Task {
            try await Task.sleep(for: .seconds(limit))
            self.fail(id, BootCheckError(.monitor, "QEMU did not answer '\(command)' within \(Int(limit)) s"))
        }
        defer { timer.cancel() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let open = state.withLock { state in
                    if !state.isClosed { state.waiting[id] = continuation }
                    return !state.isClosed
                }
                guard open else {
                    return continuation.resume(throwing: BootCheckError(.monitor, "QEMU's monitor is closed"))
                }
                if Task.isCancelled { return fail(id, CancellationError()) }
                do { try socket.send(bytes) } catch { fail(id, error) }
            }
        } onCancel: {
            fail(id, CancellationError())
        }
    }

    private func fail(_ id: Int64, _ error: any Error) {
        state.withLock { $0.waiting.removeValue(forKey: id) }?.resume(throwing: error)
    }

    private func handle(_ message: QMPMessage) {
        switch message {
        case .answer(let id, let value):
            state.withLock { $0.waiting.removeValue(forKey: id) }?.resume(returning: value)
        case .failure(let id?, let text): fail(id, BootCheckError(.monitor, "QEMU's monitor: \(text)"))
        case .failure(nil, _), .greeting, .event: break
        }
    }

    private func closed() {
        let waiting = state.withLock { state in
            state.isClosed = true
            defer { state.waiting = [:] }
            return state.waiting
        }
        for continuation in waiting.values {
            continuation.resume(throwing: BootCheckError(.monitor, "QEMU's monitor is closed"))
        }
    }

    private final class WeakBox: Sendable {
        private struct Reference { weak var client: QMPClient? }
        private let reference = Mutex(Reference())
        var client: QMPClient? { reference.withLock { $0.client } }
        func set(_ client: QMPClient) { reference.withLock { $0.client = client } }
    }
}
