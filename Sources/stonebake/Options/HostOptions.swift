import ArgumentParser
import Foundation
import HostSystem
import ProgressDisplay

/// What every subcommand that touches the machine takes.
struct HostOptions: ParsableArguments {
    enum LogFormat: String, ExpressibleByArgument, CaseIterable { case text, json }

    @Option(
        name: .customLong("mirror"),
        help: ArgumentHelp(
            "Where an archive is read from (NAME=URI), or a folder that `stonebake mirror` filled, which is looked into "
                + "before all else; may be given several times.",
            valueName: "name=uri|dir"))
    var mirrors: [String] = []

    @Flag(help: "Use no network: only what the content store and folders given with --mirror have.")
    var offline = false

    @Flag(help: "Accept repository metadata that has expired or is older than seen before.")
    var allowExpired = false

    @Option(help: "How progress is written to standard error: text, or json (one event a line).")
    var logFormat: LogFormat = .text

    @Flag(name: .shortAndLong, help: "Show warnings and errors only.")
    var quiet = false

    func validate() throws {
        for mirror in mirrors where Self.named(mirror) == nil {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: mirror, isDirectory: &isFolder) else {
                throw ValidationError(
                    "'\(mirror)' is neither a folder nor NAME=URI, for example debian=http://mirror.example/debian")
            }
            guard isFolder.boolValue else { throw ValidationError("'\(mirror)' is a file, not a folder") }
        }
    }

    /// The two parts of NAME=URI; nil for what is not that. A folder's path may have '=' in it, but no name before it.
    private static func named(_ mirror: String) -> (String, String)? {
        guard let split = mirror.firstIndex(of: "="), split != mirror.startIndex else { return nil }
        let (name, uri) = (mirror[..<split], mirror[mirror.index(after: split)...])
        guard !name.contains("/"), uri.contains(":/") else { return nil }
        return (String(name), String(uri))
    }

    /// The folders among them.
    var mirrorFolders: [MirrorFolder] {
        mirrors.filter { Self.named($0) == nil }.map { MirrorFolder(path: URL(filePath: $0).standardized.path) }
    }

    /// Archive names and the URIs given for them.
    var mirrorTable: [String: String] {
        Dictionary(mirrors.compactMap(Self.named), uniquingKeysWith: { $1 })
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
