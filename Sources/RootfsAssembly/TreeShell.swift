package import BuildPlanning
import HostSystem

extension RootfsAssembler {
    /// Runs a step that works on the finished tree. When it fails, and `--debug-shell` was given, a shell in the tree is
    /// opened before the failure goes on.
    package func showingTree<Value: Sendable>(
        of root: RootFilesystem, when step: BuildStep, _ body: () async throws -> Value
    ) async throws -> Value {
        do {
            return try await body()
        } catch {
            await openShell(in: root, after: error, of: step)
            throw error
        }
    }

    private func openShell(in root: RootFilesystem, after error: any Error, of step: BuildStep) async {
        guard let shell = host.debugShell, !(error is CancellationError), !Task.isCancelled else { return }
        do {
            let tree = "\(try host.scratch.newFolder("tree"))/root"
            try Files.makeFolder(tree)
            defer { discardTree(Files.folder(of: tree)) }
            try await unpackTar(root.archive, into: tree)
            await shell.open(after: error, step: step.title, tree: tree, host: host)
        } catch {
            guard !Task.isCancelled else { return }
            host.progress.send(
                .message(.warning, "no shell for '\(step.title)': the tree cannot be unpacked: \(error)"))
        }
    }

    /// In a namespace, where the tree's files can have their owners.
    private func unpackTar(_ archive: String, into tree: String) async throws {
        let script = """
            exec tar --extract --numeric-owner --same-permissions --xattrs --xattrs-include='*' \\
                --file "$1" --directory "$\(Sandbox.rootVariable)"
            """
        let command = Command("/bin/sh", ["-c", script, "sh", archive])
        let job = SandboxJob(layers: [], upper: tree, command: command).with { $0.chroot = false }
        try await Sandbox(host: host).check(job, purpose: "unpacking the tree")
    }
}
