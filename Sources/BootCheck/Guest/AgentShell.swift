import FoundationEssentials
import HostSystem

/// The QEMU guest agent (docs/interop/qemu-ga-ref of QEMU), where the appliance holds it.
struct AgentShell: GuestShell {
    let name = "guest agent"
    private let folder: String

    init(folder: String) {
        self.folder = folder
    }

    /// Each command has a connection of its own: what an earlier, unanswered one may still bring cannot be mistaken
    /// for its answer.
    func run(_ command: String, limit: Double) async throws -> GuestResult {
        let socket: StreamSocket
        do {
            socket = try StreamSocket.unix(folder: folder, name: MachineSettings.File.agent)
        } catch {
            throw GuestUnreachable(reason: "guest agent: \(error)")
        }
        defer { socket.close() }
        let result = try await withTimeLimit(seconds: limit) {
            var session = Session(socket: socket, incoming: socket.incoming.makeAsyncIterator())
            return try await session.run(command)
        }
        guard let result else { throw GuestUnreachable(reason: "guest agent: no answer within \(Int(limit)) s") }
        return result
    }

    private struct Session {
        let socket: StreamSocket
        var incoming: AsyncStream<[UInt8]>.Iterator
        var splitter = LineSplitter()
        var messages: [JSONValue] = []

        mutating func run(_ command: String) async throws -> GuestResult {
            let id = JSONValue.integer(Int64.random(in: 1...Int64(Int32.max)))
            try send("guest-sync-delimited", ["id": id])
            while try await next()["return"] != id {}
            let arguments: [String: JSONValue] = [
                "path": .string("/bin/sh"), "capture-output": .bool(true),
                "arg": .array([.string("-c"), .string("exec 2>&1\n" + command)]),
            ]
            guard let process = try await ask("guest-exec", arguments)["pid"] else {
                throw GuestUnreachable(reason: "guest agent: it starts no command")
            }
            while true {
                let state = try await ask("guest-exec-status", ["pid": process])
                if state["exited"] == .bool(true) {
                    let data = Data(base64Encoded: state["out-data"]?.string ?? "") ?? Data()
                    let status = state["exitcode"]?.integer ?? state["signal"]?.integer.map { $0 + 128 } ?? 255
                    return GuestResult(status: Int(status), output: String(decoding: data, as: UTF8.self))
                }
                try await Task.sleep(for: .milliseconds(200))
            }
        }

        private mutating func ask(_ command: String, _ arguments: [String: JSONValue]) async throws -> JSONValue {
            try send(command, arguments)
            while true {
                let message = try await next()
                if let value = message["return"] { return value }
                if let error = message["error"] {
                    throw GuestUnreachable(reason: "guest agent: \(error["desc"]?.string ?? error.text)")
                }
            }
        }

        private func send(_ command: String, _ arguments: [String: JSONValue]) throws {
            let message: JSONValue = .object(["execute": .string(command), "arguments": .object(arguments)])
            do {
                try socket.send(Array(message.text.utf8) + [10])
            } catch {
                throw GuestUnreachable(reason: "guest agent: \(error)")
            }
        }

        private mutating func next() async throws -> JSONValue {
            while messages.isEmpty {
                guard let chunk = await incoming.next() else {
                    try Task.checkCancellation()
                    throw GuestUnreachable(reason: "guest agent: the connection ended")
                }
                // 0xff is the delimiter that guest-sync-delimited asks for.
                messages += splitter.add(chunk.filter { $0 != 0xff }).compactMap { try? JSONValue(parsing: $0) }
            }
            return messages.removeFirst()
        }
    }
}
