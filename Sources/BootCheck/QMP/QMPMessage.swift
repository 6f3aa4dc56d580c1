/// One line from QEMU's monitor (QMP, docs/interop/qmp-spec of QEMU).
enum QMPMessage: Sendable, Equatable {
    case greeting
    /// The answer to the command that carried this id.
    case answer(id: Int64, JSONValue)
    case failure(id: Int64?, String)
    case event(QMPEvent)

    /// - Throws: `BootCheckError.monitor` when the line is not a message.
    init(line: some Collection<UInt8>) throws(BootCheckError) {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: line)
        } catch {
            let shown = String(decoding: line.prefix(200), as: UTF8.self)
            throw BootCheckError(.monitor, "QEMU's monitor sent what is not JSON", notes: [shown])
        }
        if value["QMP"] != nil {
            self = .greeting
        } else if let name = value["event"]?.string {
            self = .event(QMPEvent(name: name, data: value["data"] ?? .null))
        } else if let answer = value["return"], let id = value["id"]?.integer {
            self = .answer(id: id, answer)
        } else if let error = value["error"] {
            self = .failure(id: value["id"]?.integer, error["desc"]?.string ?? "an error without a description")
        } else {
            throw BootCheckError(.monitor, "QEMU's monitor sent an unknown message", notes: [value.text])
        }
    }
}

struct QMPEvent: Sendable, Equatable {
    /// `SHUTDOWN`, `RESET`, `GUEST_PANICKED`, …
    var name: String
    var data: JSONValue
}

/// Splits a stream of bytes into lines, whatever the chunks are.
struct LineSplitter {
    private var rest: [UInt8] = []

    mutating func add(_ chunk: [UInt8]) -> [[UInt8]] {
        rest += chunk
        var lines: [[UInt8]] = []
        while let end = rest.firstIndex(of: 10) {
            var line = Array(rest[..<end])
            if line.last == 13 { line.removeLast() }
            lines.append(line)
            rest.removeSubrange(...end)
        }
        return lines
    }
}
