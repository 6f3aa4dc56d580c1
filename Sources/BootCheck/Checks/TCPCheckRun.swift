import ApplianceSpec
import HostSystem

extension TCPCheck {
    /// Bytes of an answer that are looked at.
    private static let answerLimit = 1 << 20

    func run(in context: CheckContext, seconds: Double) async throws -> CheckOutcome {
        guard let hostPort = context.machine.ports[port] else {
            return CheckOutcome(failed: "port \(port) is not forwarded", isFinal: true)
        }
        return try await context.retry(for: seconds) { left in
            let socket: StreamSocket
            do {
                socket = try StreamSocket.loopback(port: hostPort)
            } catch {
                return CheckOutcome(failed: "\(error)")
            }
            defer { socket.close() }
            // QEMU accepts before the guest does; only its own table tells whether the guest answered.
            guard try await context.guestAccepts(port, patience: min(left, 10 * context.scale)) else {
                return CheckOutcome(failed: "nothing listens on port \(port)")
            }
            if let send {
                do {
                    try socket.send(Array(send.utf8))
                } catch {
                    return CheckOutcome(failed: "port \(port) takes no data: \(error)")
                }
            }
            guard let expect else { return CheckOutcome(passed: "port \(port) accepts") }
            return try await answer(socket, expect, limit: max(0.2, min(left - 0.5, 10 * context.scale)))
        }
    }

    private func answer(_ socket: StreamSocket, _ expect: String, limit: Double) async throws -> CheckOutcome {
        let wanted = Array(expect.utf8)
        let received = ReceivedBytes()
        let found = try await withTimeLimit(seconds: limit) {
            for await chunk in socket.incoming {
                if received.add(chunk, limit: Self.answerLimit).firstRange(of: wanted) != nil { return true }
            }
            try Task.checkCancellation()
            return false
        }
        if found == true { return CheckOutcome(passed: "port \(port) answers '\(expect.prefix(60))'") }
        let text = String(decoding: received.bytes, as: UTF8.self)
        return CheckOutcome(
            failed: text.isEmpty ? "port \(port) accepts but says nothing" : "port \(port) does not say '\(expect)'",
            evidence: CheckOutcome.excerpt(text))
    }
}
