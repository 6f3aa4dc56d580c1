import FoundationEssentials
import SystemPackage

/// An error of `stonebake internal …` on its way out of a sandbox: the last line of standard error.
package struct InternalFailure: Codable {
    private static let mark = "stonebake-error: "
    private var code: String
    private var message: String
    private var hint: String?
    private var notes: [String]

    package init(_ error: any Error) {
        let error = error as? HostError ?? HostError(.commandFailed, "\(error)")
        code = error.code.rawValue
        message = error.message
        hint = error.hint
        notes = error.notes
    }

    package func report() {
        let data = (try? JSONEncoder().encode(self)) ?? Data()
        let line = Self.mark + String(decoding: data, as: UTF8.self) + "\n"
        _ = try? FileDescriptor.standardError.writeAll(Array(line.utf8))
    }

    /// The error that a command's last lines hold.
    package static func error(in tail: [String]) -> HostError? {
        guard let line = tail.last(where: { $0.hasPrefix(mark) }),
            let failure = try? JSONDecoder().decode(InternalFailure.self, from: Data(line.dropFirst(mark.count).utf8))
        else { return nil }
        let code = HostError.Code(rawValue: failure.code) ?? .commandFailed
        return HostError(code, failure.message, hint: failure.hint, notes: failure.notes)
    }
}

extension Sandbox {
    /// Runs one of Stonebake's own commands beside a root, which it finds at `Sandbox.rootVariable`.
    ///
    /// - Throws: the command's own error; `HostError.commandFailed` when it ended in another way.
    @discardableResult
    package func runInternal(
        _ arguments: [String], layers: [String], upper: String? = nil, timestamp: Int64,
        _ change: (inout SandboxJob) -> Void = { _ in }
    ) async throws -> CommandResult {
        let command = Command(executable, ["internal"] + arguments).with { $0.output = .capture(limit: 256 << 20) }
        let job = SandboxJob(layers: layers, upper: upper, command: command).with {
            $0.chroot = false
            $0.timestamp = timestamp
            change(&$0)
        }
        let result = try await run(job)
        guard result.succeeded else {
            if let error = InternalFailure.error(in: result.tail) { throw error }
            throw HostError(
                .commandFailed, "'stonebake internal \(arguments.first ?? "")' ended with \(result.statusText)",
                notes: result.tail)
        }
        return result
    }
}
