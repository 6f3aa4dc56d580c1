import Diagnostics
import FileTrees
import Foundation
import HostSystem
import ProgressDisplay

/// One run against the machine: the display, the log file, the host; everything it opens is closed again, whatever
/// happens in between.
struct Session: Sendable {
    let host: Host
    let display: Display
    let logPath: String

    /// Runs `body` and ends with the exit status that its outcome asks for.
    ///
    /// - Parameters:
    ///   - purpose: part of the log file's name: `build-wsgi`
    ///   - secrets: nil where none is needed
    ///   - debugShell: whether a failed step's root is shown to the person at the terminal
    /// - Throws: `RunEnded` after the failure has been printed; `CancellationError`.
    static func run(
        _ options: HostOptions, purpose: String, debugShell: Bool = false, secrets: SecretOptions? = nil,
        _ body: (Session) async throws -> Void
    ) async throws {
        var settings = Host.Options()
        settings.mirrors = options.mirrorTable
        settings.mirrorFolders = options.mirrorFolders
        settings.allowExpired = options.allowExpired
        settings.offline = options.offline
        settings.secrets = secrets?.files ?? [:]
        let cache = try ContentStore.defaultRoot(environment: settings.environment)
        let log = try LogFile(folder: "\(cache)/logs", purpose: purpose)
        let display = Display(mode: options.displayMode, style: textStyle(for: STDERR_FILENO), logFile: log.handle)
        defer { display.finish() }
        settings.progress = display.sink
        if debugShell {
            settings.debugShell = try DebugShell(environment: settings.environment) { display.pause($0) }
        }
        let host = try Host(settings)
        let session = Session(host: host, display: display, logPath: log.path)
        do {
            if options.allowExpired {
                host.progress.send(
                    .message(.warning, "--allow-expired: repository metadata may be old, or replayed by somebody"))
            }
            try await host.sweepDeadRuns()
            try await body(session)
            try await close(host)
        } catch {
            try? await close(host)
            display.finish()
            throw session.ended(with: error)
        }
    }

    /// Clean-up goes on when the task has been cancelled: a new task does not inherit that.
    private static func close(_ host: Host) async throws {
        try await Task { try await host.close() }.value
    }

    /// Prints the failure, and gives what the process ends with.
    func ended(with error: any Error) -> any Error {
        switch error {
        case is RunEnded, is CancellationError:
            return error
        case let failure as any Failure:
            printDiagnostics(failure.diagnostics, as: .text)
            printToStandardError("The whole log: \(logPath)")
            return RunEnded(exitCode: failure.exitCode)
        default:
            if Task.isCancelled { return CancellationError() }
            printToStandardError("error: a defect of Stonebake: \(error)\nThe whole log: \(logPath)")
            return RunEnded(exitCode: .defect)
        }
    }
}

/// The file that holds everything a run said and every command printed.
private struct LogFile {
    let path: String
    let handle: FileHandle

    /// How many are kept; older ones are removed when a new one is made.
    private static let kept = 50

    init(folder: String, purpose: String) throws {
        try Files.makeFolder(folder)
        let stamp = Date().formatted(
            .verbatim(
                "\(year: .defaultDigits)\(month: .twoDigits)\(day: .twoDigits)-\(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased))\(minute: .twoDigits)\(second: .twoDigits)",
                timeZone: .gmt, calendar: Calendar(identifier: .gregorian)))
        path = "\(folder)/\(stamp)-\(purpose)-\(getpid()).log"
        try Files.write("", to: path)
        guard let handle = FileHandle(forWritingAtPath: path) else {
            throw HostError(.fileSystem, "cannot write the log file '\(path)'")
        }
        self.handle = handle
        let names = try Files.names(in: folder).filter { $0.hasSuffix(".log") }
        for name in names.dropLast(Self.kept) { try? Files.remove("\(folder)/\(name)") }
    }
}

/// The machine, and not Foundation's class of that name.
typealias Host = HostSystem.Host
