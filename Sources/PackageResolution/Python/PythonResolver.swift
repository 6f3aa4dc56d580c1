package import ApplianceSpec
package import BuildPlanning
import Diagnostics
import FileTrees
import FoundationEssentials
import HostSystem
import SandboxInside

extension PackageResolver {
    /// Locks the wheels of a Python environment: pip of the appliance's own release, with its Python and its markers,
    /// says what it would install.
    ///
    /// - Parameters:
    ///   - previous: wheels of an earlier lock, held as `update` says where the requirements allow it.
    /// - Throws: `ResolutionError.badRequirement` at the lines of the requirements, `HostError`, `CancellationError`.
    package func resolvePython(
        _ environment: PythonEnvironment, tools: ToolsRoot, previous: [LockedWheel], update: UpdatePolicy
    ) async throws -> [LockedWheel] {
        try await PythonResolver(host: host, tools: tools).resolve(
            environment, held: previous.filter { !update.moves($0.name) })
    }
}

/// Runs pip from the tools root, in a sandbox with network, without installing anything.
struct PythonResolver {
    private let host: Host
    private let tools: ToolsRoot
    private static let folder = "/run/stonebake-python"
    private static let reportFolder = "/run/stonebake-report"
    private static let wheelFolder = "usr/share/python-wheels"

    init(host: Host, tools: ToolsRoot) {
        self.host = host
        self.tools = tools
    }

    func resolve(_ environment: PythonEnvironment, held: [LockedWheel]) async throws -> [LockedWheel] {
        let requirements = Requirements(environment.requirements)
        guard requirements.diagnostics.isEmpty else {
            throw ResolutionError(.badRequirement, requirements.diagnostics)
        }
        if requirements.requirements.isEmpty { return [] }
        if host.offline {
            throw ResolutionError(
                .offline, "the wheels of '\(environment.requirements.path)' cannot be locked offline",
                hint: "run it without --offline, or keep the lock that is there")
        }
        return try await host.progress.step("wheels", "Python requirements") {
            // What is held cannot always stay: what pip's reasons name is let go, in the end everything.
            var held = held
            while true {
                switch try await pip(environment, constraints: held) {
                case .report(let report): return try report.wheels()
                case .refused(let lines):
                    if held.isEmpty {
                        throw await PipFailure(
                            requirements: requirements, lines: lines, wheels: WheelFetcher(host: host)
                        ).error()
                    }
                    held = Self.released(held, by: lines)
                }
            }
        }
    }

    /// The held wheels that pip's last lines do not name; none when they name none of them.
    static func released(_ held: [LockedWheel], by lines: [String]) -> [LockedWheel] {
        let words = Set(
            lines.flatMap { line in
                line.split(whereSeparator: { !$0.isLetter && !$0.isNumber && !"-_.".contains($0) })
                    .map { normalizedProject(String($0)) }
            })
        let left = held.filter { !words.contains($0.name) }
        return left.count == held.count ? [] : left
    }

    private enum Answer {
        case report(PipReport)
        /// What pip printed last.
        case refused([String])
    }

    private func pip(_ environment: PythonEnvironment, constraints: [LockedWheel]) async throws -> Answer {
        let scratch = try host.scratch.newFolder("pip")
        defer { try? removeTree(scratch) }
        let (inputs, report, upper) = ("\(scratch)/in", "\(scratch)/report", "\(scratch)/upper")
        for folder in [inputs, report, upper] { try Files.makeFolder(folder) }
        try Files.write(environment.requirements.text, to: "\(inputs)/requirements.txt")
        let lines = constraints.map { "\($0.name)==\($0.version)" }
        try Files.write(lines.joined(separator: "\n") + "\n", to: "\(inputs)/constraints.txt")
        let settings = PipSettings(host: host)
        // In a file and not on the command's own environment, which is logged: a proxy or an index can have a password.
        let variables = try JSONEncoder().encode(try settings.environment)
        try Files.write(Array(variables), to: "\(inputs)/environment.json", mode: 0o600)
        try Files.write(Self.starter(pip: try pipPath()), to: "\(inputs)/pip.py")
        var job = SandboxJob(layers: [tools.tree], upper: upper, command: Self.command)
        job.network = true
        job.binds = [.init(inputs, at: Self.folder), .init(report, at: Self.reportFolder, readOnly: false)]
        job.binds += try settings.binds
        let result = try await Sandbox(host: host).run(job)
        guard result.succeeded else { return .refused(result.tail) }
        return .report(try PipReport.decode(try Files.read("\(report)/report.json")))
    }

    /// pip as the wheel that python3-pip-whl has; nil when it is installed as a module (python3-pip).
    private func pipPath() throws(HostError) -> String? {
        let wheel = try Files.names(in: "\(tools.tree)/\(Self.wheelFolder)").last {
            $0.hasPrefix("pip-") && $0.hasSuffix(".whl")
        }
        return wheel.map { "/\(Self.wheelFolder)/\($0)" }
    }

    static let command = Command(
        "python3",
        [
            "\(folder)/pip.py", "install", "--dry-run", "--ignore-installed", "--only-binary=:all:",
            "--break-system-packages", "--progress-bar", "off", "--report", "\(reportFolder)/report.json",
            "-r", "\(folder)/requirements.txt", "-c", "\(folder)/constraints.txt",
        ])

    /// Runs pip with the environment of the file beside it.
    static func starter(pip: String?) -> String {
        """
        import json, os, runpy, sys
        with open("\(folder)/environment.json") as file:
            os.environ.update(json.load(file))
        sys.path[:1] = [\(pip.map { "\"\($0)\"" } ?? "")]
        runpy.run_module("pip", run_name="__main__", alter_sys=True)

        """
    }
}
