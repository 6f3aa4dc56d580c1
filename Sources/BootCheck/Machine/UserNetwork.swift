/// What QEMU's monitor says about user networking (`info usernet`).
enum UserNetwork {
    struct Connection: Equatable {
        /// `HOST_FORWARD`, `SYN_SENT`, `ESTABLISHED`, …
        var state: String
        var hostPort: Int
        var guestPort: Int
    }

    ///     Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ
    ///     TCP[HOST_FORWARD]  12       127.0.0.1 41447       10.0.2.15    22     0     0
    static func connections(in text: String) -> [Connection] {
        text.split(whereSeparator: \.isNewline).compactMap { line in
            let fields = line.split(separator: " ")
            guard fields.count >= 6, fields[0].hasPrefix("TCP["), fields[0].hasSuffix("]"),
                let host = Int(fields[3]), let guest = Int(fields[5])
            else { return nil }
            return Connection(state: String(fields[0].dropFirst(4).dropLast()), hostPort: host, guestPort: guest)
        }
    }

    /// Guest port to host port, as QEMU has bound them.
    static func forwards(in text: String) -> [Int: Int] {
        Dictionary(
            connections(in: text).filter { $0.state == "HOST_FORWARD" }.map { ($0.guestPort, $0.hostPort) },
            uniquingKeysWith: { first, _ in first })
    }
}
