import FileTrees
import SandboxInside

extension Sandbox {
    /// Runs one of Stonebake's own commands beside a root, which it finds at `SandboxPlaces.rootVariable`. Without layers and
    /// `upper` there is none: it reads the layers that it is told of.
    ///
    /// - Throws: the command's own error; `HostError.commandFailed` when it ended in another way.
    @discardableResult
    package func runWorker(
        _ arguments: [String], layers: [String], upper: String? = nil, timestamp: Int64,
        _ change: (inout SandboxJob) -> Void = { _ in }
    ) async throws -> CommandResult {
        let command = Command(worker, WorkerCommand.words(arguments)).with {
            $0.output = .capture(limit: 256 << 20)
        }
        let job = SandboxJob(layers: layers, upper: upper, command: command).with {
            $0.chroot = false
            $0.timestamp = timestamp
            change(&$0)
        }
        return try await checkWorker(job, arguments)
    }

    /// Runs one of Stonebake's own commands inside a root, of which it sees nothing but that, and what the job binds. It does
    /// not have to find its own libraries there.
    ///
    /// - Throws: as `runWorker(_:layers:upper:timestamp:_:)` does.
    @discardableResult
    package func runWorker(
        inside layers: [String], _ arguments: [String], _ change: (inout SandboxJob) -> Void
    ) async throws -> CommandResult {
        let command = Command(worker, WorkerCommand.words(arguments)).with {
            $0.output = .capture(limit: 256 << 20)
        }
        let job = SandboxJob(layers: layers, command: command).with {
            $0.isWorkers = true
            change(&$0)
        }
        return try await checkWorker(job, arguments)
    }

    private func checkWorker(_ job: SandboxJob, _ arguments: [String]) async throws -> CommandResult {
        let result = try await run(job)
        guard result.succeeded else {
            if let error = WorkerFailure.error(in: result.tail) { throw error }
            throw HostError(
                .commandFailed, "'\(WorkerCommand.program) \(arguments.first ?? "")' ended with \(result.statusText)",
                notes: result.tail)
        }
        return result
    }
}
