import ArgumentParser
import Foundation
import ProgressDisplay

/// What every subcommand that touches the machine takes.
struct HostOptions: ParsableArguments {
    enum LogFormat: String, ExpressibleByArgument, CaseIterable { case text, json }

    @Option(
        name: .customLong("mirror"),
        help: ArgumentHelp("Where an archive is read from; may be given several times.", valueName: "name=uri"))
    var mirrors: [String] = []

    @Flag(help: "Use no network: only what the content store has.")
    var offline = false

    @Flag(help: "Accept repository metadata that has expired or is older than seen before.")
    var allowExpired = false

    @Option(help: "How progress is written to standard error: text, or json (one event a line).")
    var logFormat: LogFormat = .text

    @Flag(name: .shortAndLong, help: "Show warnings and errors only.")
    var quiet = false

    func validate() throws {
        for mirror in mirrors {
            guard let split = mirror.firstIndex(of: "="), split != mirror.startIndex,
                mirror[mirror.index(after: split)...].contains(":/")
            else {
                throw ValidationError(
                    "'\(mirror)' is not NAME=URI, for example debian=http://mirror.example/debian")
            }
        }
    }

    /// Archive names and the URIs given for them.
    var mirrorTable: [String: String] {
        Dictionary(
            mirrors.compactMap { mirror in
                mirror.firstIndex(of: "=").map {
                    (String(mirror[..<$0]), String(mirror[mirror.index(after: $0)...]))
                }
            }, uniquingKeysWith: { $1 })
    }

    var displayMode: Display.Mode {
        if quiet { return .quiet }
        if logFormat == .json { return .json }
        let isTerminal = isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
        return isTerminal ? .terminal : .plain
    }
}

/// Colour only on a terminal, and never with NO_COLOR (no-color.org).
func textStyle(for descriptor: Int32) -> TextStyle {
    let environment = ProcessInfo.processInfo.environment
    let refused = !(environment["NO_COLOR"] ?? "").isEmpty || environment["TERM"] == "dumb"
    return TextStyle(isColored: isatty(descriptor) == 1 && !refused)
}
