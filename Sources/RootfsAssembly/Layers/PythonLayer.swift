package import ApplianceSpec
package import BuildPlanning
import ContentDigest
import Diagnostics
import FileTrees
import HostSystem
import SandboxInside

extension RootfsAssembler {
    /// The virtual environment: made by the image's own Python from the locked wheels, offline, by the pip of the tools.
    /// Byte code is compiled with hashes of the sources in place of their times, in one process and order.
    ///
    /// - Throws: `RootfsError.python` when pip or Python refuses; `HostError`.
    package func python(
        _ step: BuildStep, environment: PythonEnvironment, from lock: Lockfile, tools: ToolsRoot, on layers: RootLayers
    ) async throws -> RootLayers {
        let entry = try await entry(for: step) { staging in
            let tree = "\(staging)/tree"
            try Files.makeFolder(tree, exactMode: 0o755)
            let wheels = try await WheelFetcher(host: host).fetch(
                lock.wheels.map { .init(project: $0.name, file: $0.file, sha256: $0.sha256) }, step: step.kind.rawValue)
            let binds = try pythonBinds(zip(lock.wheels, wheels).map { ($0.file, $1.path) }, lock, tools)
            let command = Command("/bin/sh", ["-s"]).with { $0.input = .text(Self.script(environment.path)) }
            let job = SandboxJob(layers: layers.folders, upper: tree, command: command).with {
                $0.binds = binds
                $0.timestamp = lock.timestamp
            }
            let (result, log) = try await run(job, of: step)
            guard result.succeeded else {
                throw RootfsError(
                    .python, "cannot make the Python environment '\(environment.path)'",
                    at: environment.requirements.range(line: 1),
                    notes: result.tail.suffix(15) + ["the whole log: \(log.path)"])
            }
            return ["wheels": "\(wheels.count)"]
        }
        return layers.adding(entry)
    }

    private static let folder = "/run/stonebake"

    private func pythonBinds(
        _ wheels: [(file: String, path: String)], _ lock: Lockfile, _ tools: ToolsRoot
    ) throws -> [SandboxBind] {
        let scratch = try host.scratch.newFolder("python")
        let requirements = lock.wheels.map { "\($0.name)==\($0.version) --hash=sha256:\($0.sha256.hex)\n" }
        try Files.write(requirements.joined(), to: "\(scratch)/requirements.txt")
        let pips = "\(tools.tree)/usr/share/python-wheels"
        guard Files.exists(pips), let pip = try Files.names(in: pips).first(where: { $0.hasPrefix("pip-") }) else {
            throw HostError(.toolMissing, "the build tools have no pip", hint: "lock again: stonebake lock")
        }
        return [
            .init("\(scratch)/requirements.txt", at: "\(Self.folder)/requirements.txt"),
            .init("\(pips)/\(pip)", at: "\(Self.folder)/pip.whl"),
        ] + wheels.map { .init($0.path, at: "\(Self.folder)/wheels/\($0.file)") }
    }

    private static func script(_ path: String) -> String {
        let quoted = Command.quoted(path)
        return """
            set -e
            environment=\(quoted)
            mkdir -p "$(dirname "$environment")" \(folder)/wheels
            /usr/bin/python3 -m venv --without-pip "$environment"
            pip() { PYTHONPATH=\(folder)/pip.whl PYTHONDONTWRITEBYTECODE=1 "$environment/bin/python" -m pip "$@"; }
            pip --disable-pip-version-check --no-cache-dir --no-input install --no-index --no-deps --require-hashes \\
                --no-compile --root-user-action ignore --no-warn-script-location --progress-bar off \\
                --find-links \(folder)/wheels --requirement \(folder)/requirements.txt
            pip --disable-pip-version-check check
            "$environment/bin/python" -m compileall -q -j 1 --invalidation-mode checked-hash "$environment/lib"
            """
    }
}
