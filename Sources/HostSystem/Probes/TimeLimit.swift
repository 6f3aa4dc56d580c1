/// Runs `body` for at most `seconds`; nil when it took longer. It is cancelled then, and has ended when this returns.
///
/// - Throws: what `body` throws, `CancellationError`.
package func withTimeLimit<Value: Sendable>(
    seconds: Double, _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value? {
    try await withThrowingTaskGroup(of: Value?.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: .seconds(seconds))
            return nil
        }
        defer { group.cancelAll() }
        return try await group.next() ?? nil
    }
}
