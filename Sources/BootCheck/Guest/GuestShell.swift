import HostSystem

/// How a command in the guest ended.
struct GuestResult: Sendable, Equatable {
    var status: Int
    /// Standard output and standard error, as they came.
    var output: String

    var lines: [String] { ConsoleText.lines(of: output.utf8) }
}

/// A way to run commands as root in the guest.
protocol GuestShell: Sendable {
    /// `ssh`, `guest agent`.
    var name: String { get }

    /// Runs a command with /bin/sh.
    ///
    /// - Throws: `GuestUnreachable` when the guest did not take it or did not answer within `limit` seconds;
    ///   `CancellationError`.
    func run(_ command: String, limit: Double) async throws -> GuestResult
}

/// Why a command did not get an answer from the guest.
struct GuestUnreachable: Error, CustomStringConvertible {
    var reason: String
    var description: String { reason }
}

extension GuestShell {
    /// The lines that the command printed, whatever its status; a note where the guest gave none.
    func lines(_ command: String, limit: Double) async throws -> [String] {
        do {
            return try await run(command, limit: limit).lines
        } catch let error as GuestUnreachable {
            return ["(\(error.reason))"]
        }
    }
}
