/// Runs `work` while `body` runs, which waits for it where it needs what it makes: what `async let` is for, in a form that a
/// closure can hold. `work` is cancelled when `body` fails, and has always ended when this returns.
package func withWork<Made: Sendable, Value: Sendable>(
    _ work: @escaping @Sendable () async throws -> Made,
    beside body: (Task<Made, any Error>) async throws -> Value
) async throws -> Value {
    let task = Task { try await work() }
    let result: Result<Value, any Error> = await withTaskCancellationHandler {
        do {
            return .success(try await body(task))
        } catch {
            task.cancel()
            return .failure(error)
        }
    } onCancel: {
        task.cancel()
    }
    _ = await task.result
    return try result.get()
}
