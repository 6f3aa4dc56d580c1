internal import Glibc

extension ContentStore {
    /// Runs `body` while no other process, and no other task of this one, runs one under the same name. Waits as long
    /// as it takes; after two seconds it says for whom.
    ///
    /// - Throws: `CancellationError` while waiting, `HostError` when the lock cannot be made, what `body` throws.
    package func withLock<Value>(
        _ name: String, saying subject: String? = nil, isolation: isolated (any Actor)? = #isolation,
        _ body: () async throws -> Value
    ) async throws -> Value {
        let path = "\(root)/locks/\(Self.fileName(for: name))"
        let lock = try await acquire(path, subject: subject ?? "'\(name)'")
        if let position = Timeline.position { position.recorder.lockTaken(path, by: position.span) }
        defer { withExtendedLifetime(lock) {} }
        return try await body()
    }

    /// Waits for the file lock at that path, telling for whom.
    func acquire(_ path: String, subject: String) async throws -> FileLock {
        try Task.checkCancellation()
        if let lock = try FileLock.acquire(path) { return lock }
        let holder = Timeline.position?.recorder.lastHolder(of: path)
        return try await Timeline.wait("wait for \(subject)", for: holder) {
            try await wait(for: path, subject: subject)
        }
    }

    private func wait(for path: String, subject: String) async throws -> FileLock {
        let clock = ContinuousClock()
        let start = clock.now
        var said = false
        while true {
            try Task.checkCancellation()
            if let lock = try FileLock.acquire(path) { return lock }
            if !said, clock.now - start > .seconds(2) {
                said = true
                let holder = FileLock.holder(of: path)
                // Of this run's own appliances one sees what they do.
                if holder == Int(getpid()) { continue }
                let pid = holder.map { " (pid \($0))" } ?? ""
                progress.send(.message(.notice, "waiting for another build\(pid), which has \(subject)"))
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}
