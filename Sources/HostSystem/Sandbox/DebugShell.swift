package import FileTrees
internal import Glibc
import Diagnostics
internal import SandboxInside
import Synchronization

/// `--debug-shell`: a shell for the person at the terminal in the root of a step that failed, as it was when it failed.
/// One at a time; what is changed in it goes with the root.
package actor DebugShell {
    /// What the sandboxes of a run did, by the folder into which they wrote: the last job, and the last that failed.
    private struct Jobs {
        var last: SandboxJob
        var failed: SandboxJob?
    }

    private let jobs = Mutex<[String: Jobs]>([:])
    private let terminal: PersonTerminal
    private let environment: [String: String]
    private let pause: @Sendable (Bool) -> Void
    private var latest: Task<Void, Never>?

    /// - Parameters:
    ///   - environment: this process'
    ///   - pause: takes the progress display out of the way (true), and lets it come back
    /// - Throws: `HostError.unsupported` when standard input is no terminal.
    package init(
        environment: [String: String], pause: @escaping @Sendable (Bool) -> Void
    ) throws(HostError) {
        guard let terminal = PersonTerminal() else {
            throw HostError(
                .unsupported, "--debug-shell needs a terminal, and standard input is none",
                hint: "leave --debug-shell out where nobody can type")
        }
        self.init(terminal: terminal, environment: environment, pause: pause)
    }

    init(terminal: PersonTerminal, environment: [String: String], pause: @escaping @Sendable (Bool) -> Void) {
        self.terminal = terminal
        self.environment = environment
        self.pause = pause
    }

    /// Whether somebody could type into a shell.
    package static var hasTerminal: Bool { isatty(STDIN_FILENO) == 1 }

    /// Remembers what ran in a sandbox.
    nonisolated func note(_ job: SandboxJob, succeeded: Bool) {
        guard let upper = job.upper else { return }
        jobs.withLock { jobs in
            let failed = succeeded ? jobs[upper]?.failed : job
            jobs[upper] = Jobs(last: job, failed: failed)
        }
    }

    /// Opens a shell in the root that was being made below `staging`; does nothing when the build was stopped, or when
    /// there was no root yet. Returns when the person has left it.
    package func open(after error: any Error, step: String, staging: String, host: Host) async {
        let found = jobs.withLock { jobs in
            jobs.first { $0.key == staging || $0.key.hasPrefix(staging + "/") }?.value
        }
        guard !(error is CancellationError), !Task.isCancelled else { return }
        guard let found else {
            host.progress.send(.message(.notice, "no shell for '\(step)': it failed before there was a root"))
            return
        }
        await open(
            after: error, step: step, job: found.failed ?? found.last, hasFailed: found.failed != nil, host: host)
    }

    /// Opens a shell in a finished tree, for a step that failed on it.
    ///
    /// - Parameter upper: an empty folder, which takes what the person changes
    package func open(
        after error: any Error, step: String, layers: [String], upper: String, host: Host
    ) async {
        guard !(error is CancellationError), !Task.isCancelled else { return }
        let job = SandboxJob(layers: layers, upper: upper, command: Command("true", []))
        await open(after: error, step: step, job: job, hasFailed: false, host: host)
    }

    private func open(
        after error: any Error, step: String, job: SandboxJob, hasFailed: Bool, host: Host
    ) async {
        let previous = latest
        let task = Task {
            await previous?.value
            if !Task.isCancelled {
                await self.run(after: error, step: step, job: job, hasFailed: hasFailed, host: host)
            }
        }
        latest = task
        await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
    }

    private func run(after error: any Error, step: String, job: SandboxJob, hasFailed: Bool, host: Host) async {
        pause(true)
        defer { pause(false) }
        do {
            let visit = try ShellVisit(job: job, hasFailed: hasFailed, host: host)
            terminal.write(visit.greeting(step: step, error: error))
            terminal.makeRaw()
            defer { terminal.restore() }
            let shell = visit.job(environment: PersonTerminal.environment(environment), terminal: terminal.descriptor)
            _ = try await Timeline.wait("the debug shell", for: nil) { try await Sandbox(host: host).run(shell) }
            terminal.restore()
            terminal.write("The shell has ended; what was changed in it is thrown away.\n")
        } catch {
            // The step's own failure is what counts, and is told by the driver.
            guard !Task.isCancelled else { return }
            let reason = (error as? HostError)?.message ?? "\(error)"
            host.progress.send(.message(.warning, "no shell for '\(step)': \(reason)"))
        }
    }
}

/// One shell: where it runs, and what its person is told before.
struct ShellVisit {
    private let failed: SandboxJob
    private let hasFailed: Bool
    private let shell: String?
    private let repeatFolder: String?

    private static let place = "/run/stonebake"

    init(job: SandboxJob, hasFailed: Bool, host: Host) throws(HostError) {
        failed = job
        self.hasFailed = hasFailed
        let folders = job.layers + (job.upper.map { [$0] } ?? [])
        shell = ["/bin/bash", "/bin/sh"].first { path in
            folders.contains { Files.exists("\($0)\(path)") || Files.exists("\($0)/usr\(path)") }
        }
        guard hasFailed, job.chroot, shell != nil else {
            repeatFolder = nil
            return
        }
        let folder = try host.scratch.newFolder("repeat")
        var line = job.command.with {
            $0.environment = [:]
            $0.workingDirectory = nil
        }.shellLine
        if case .text(let text) = job.command.input {
            try Files.write(text, to: "\(folder)/input", mode: 0o600)
            line += " <\(Self.place)/input"
        }
        try Files.write("#!/bin/sh\nexec \(line)\n", to: "\(folder)/repeat", mode: 0o755)
        repeatFolder = folder
    }

    /// The failed job with a shell in place of its command.
    func job(environment: [String: String], terminal: Int32) -> SandboxJob {
        // In Debian's bash prompt; for other shells PS1.
        var own = environment.merging(["debian_chroot": "stonebake", "PS1": "(stonebake) # "]) { $1 }
        for (name, value) in failed.command.environment { if let value { own[name] = value } }
        let words = shell.map { [$0, "-i"] } ?? ["/bin/sh", "-i"]
        return failed.with { job in
            job.command = Command(words[0], Array(words.dropFirst())).with {
                $0.environment = own
                $0.workingDirectory = failed.command.workingDirectory
            }
            // Without a shell of its own, the root is looked at from outside.
            job.chroot = shell != nil
            job.terminal = terminal
            if let repeatFolder {
                for name in ["repeat", "input"] where Files.exists("\(repeatFolder)/\(name)") {
                    job.binds.append(.init("\(repeatFolder)/\(name)", at: "\(Self.place)/\(name)"))
                }
            }
        }
    }

    /// Which step, which command, why, and how to try again.
    func greeting(step: String, error: any Error) -> String {
        var lines = ["", "The step '\(step)' failed:"]
        if let failure = error as? any Failure {
            for diagnostic in failure.diagnostics {
                lines.append("  \(diagnostic.message)")
                lines += diagnostic.notes.map { "    \($0.message)" }
            }
        } else {
            lines.append("  \(error)")
        }
        let command = failed.command.shellLine
        let shown = command.count > 300 || command.contains("\n") ? "'\(failed.command.executable)'" : command
        if repeatFolder != nil {
            lines.append("The command that failed: \(shown)")
            lines.append("To run it again, as it ran: \(Self.place)/repeat")
        } else if hasFailed {
            lines.append("What failed ran beside this root, as one of Stonebake's own commands.")
        }
        lines.append(
            shell != nil
                ? "This shell is in the step's root as it was then. Nothing that is changed here is kept; leave with exit."
                : "The root has no shell yet. This one is the machine's own; the root is in $STONEBAKE_ROOT, and nothing "
                    + "that is changed there is kept; leave with exit.")
        return lines.map { visible($0) + "\n" }.joined() + "\n"
    }

    /// What a command printed must not drive the terminal.
    private func visible(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0.properties.generalCategory == .control && $0 != "\t" ? "·" : $0 }))
    }
}
