import FoundationEssentials
import HostSystem
import SystemPackage

/// `stonebake internal …`: what Stonebake runs of itself inside a sandbox. Not for people, and in no help text.
package enum InternalCommand {
    /// `arguments` are those after `internal`. Returns the exit status.
    package static func run(_ arguments: [String]) -> Int32 {
        if arguments.first == "sandbox" { return SandboxInit.run() }
        do {
            let environment = Host.processEnvironment()
            let rest = Array(arguments.dropFirst())
            switch arguments.first {
            case "unpack": try UnpackCommand.run(rest, environment: environment)
            case "place": try PlaceCommand.run(rest, environment: environment)
            case "pack": try PackCommand.run(rest, environment: environment)
            default: throw HostError(.unsupported, "internal: unknown command")
            }
            return 0
        } catch {
            InternalFailure(error).report()
            return 1
        }
    }
}

/// An error on its way out of a sandbox: the last line of standard error.
struct InternalFailure: Codable {
    private static let mark = "stonebake-error: "
    private var code: String
    private var message: String
    private var hint: String?
    private var notes: [String]

    init(_ error: any Error) {
        let error = error as? HostError ?? HostError(.commandFailed, "\(error)")
        code = error.code.rawValue
        message = error.message
        hint = error.hint
        notes = error.notes
    }

    func report() {
        let data = (try? JSONEncoder().encode(self)) ?? Data()
        let line = Self.mark + String(decoding: data, as: UTF8.self) + "\n"
        _ = try? FileDescriptor.standardError.writeAll(Array(line.utf8))
    }

    /// The error that a command's last lines hold.
    static func error(in tail: [String]) -> HostError? {
        guard let line = tail.last(where: { $0.hasPrefix(mark) }),
            let failure = try? JSONDecoder().decode(InternalFailure.self, from: Data(line.dropFirst(mark.count).utf8))
        else { return nil }
        let code = HostError.Code(rawValue: failure.code) ?? .commandFailed
        return HostError(code, failure.message, hint: failure.hint, notes: failure.notes)
    }
}
