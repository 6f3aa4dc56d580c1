import BuildPlanning
import FileTrees
import FoundationEssentials
import HostSystem
import SandboxInside
import Synchronization

/// Everything that maintainer scripts print in one step, for error messages and, as a file, for people.
final class ScriptLog: Sendable {
    let path: String
    private let lines = Mutex<[String]>([])
    private let onLine: @Sendable (String) -> Void

    /// `onLine` is called for each line as it comes.
    init(path: String, onLine: @escaping @Sendable (String) -> Void = { _ in }) {
        self.path = path
        self.onLine = onLine
    }

    /// A sink that keeps what commands print and passes everything on.
    func sink(passingOnTo sink: ProgressSink) -> ProgressSink {
        ProgressSink { event in
            if case .log(let line) = event {
                self.lines.withLock { $0.append(line) }
                self.onLine(line)
            }
            sink.send(event)
        }
    }

    func write() throws(HostError) {
        try Files.makeFolder(Files.folder(of: path))
        try Files.write(lines.withLock { $0.joined(separator: "\n") + "\n" }, to: path)
    }

    /// `write`, where something else is already wrong: a log that cannot be written is not the news then.
    func save() {
        do { try write() } catch {}
    }

    /// The lines after the last one that `isStart` accepts, without those `isNoise` does.
    func lines(afterLast isStart: (String) -> Bool) -> [String] {
        lines.withLock { lines in
            guard let start = lines.lastIndex(where: isStart) else { return lines }
            return Array(lines[(start + 1)...])
        }
    }

    func last(where matches: (String) -> Bool) -> String? { lines.withLock { $0.last(where: matches) } }
}

extension RootfsAssembler {
    /// Runs the job of a step that is one script, with a log for people; also a failed script has one.
    func run(_ job: SandboxJob, of step: BuildStep) async throws -> (result: CommandResult, log: ScriptLog) {
        let log = ScriptLog(path: "\(host.store.root)/logs/\(step.kind.rawValue)-\(step.name).log")
        let result = try await Sandbox(host: host, progress: log.sink(passingOnTo: host.progress)).run(job)
        try log.write()
        return (result, log)
    }
}
