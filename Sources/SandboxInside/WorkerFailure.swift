package import FileTrees
import FoundationEssentials
import SystemPackage

/// An error of the worker on its way out of a sandbox: the last line of standard error.
package struct WorkerFailure: Codable {
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
            let failure = try? JSONDecoder().decode(WorkerFailure.self, from: Data(line.dropFirst(mark.count).utf8))
        else { return nil }
        let code = HostError.Code(rawValue: failure.code) ?? .commandFailed
        return HostError(code, failure.message, hint: failure.hint, notes: failure.notes)
    }
}
