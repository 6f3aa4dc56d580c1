package import BuildPlanning
import FileTrees
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
            let upper = "\(try host.scratch.newFolder("tree"))/upper"
            try Files.makeFolder(upper)
            defer { discardTree(Files.folder(of: upper)) }
            await shell.open(
                after: error, step: step.title, layers: root.layers, upper: upper, host: host)
        } catch {
            guard !Task.isCancelled else { return }
            host.progress.send(
                .message(.warning, "no shell for '\(step.title)': the tree cannot be shown: \(error)"))
        }
    }
}
