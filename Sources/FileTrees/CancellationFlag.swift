import Synchronization

/// A flag that goes up once, for code that runs outside Swift's tasks.
package final class CancellationFlag: Sendable {
    private let raised = Atomic<Bool>(false)

    package init() {}

    package func cancel() { raised.store(true, ordering: .releasing) }

    package var isCancelled: Bool { raised.load(ordering: .acquiring) }

    /// - Throws: `CancellationError` once the flag is up.
    package func check() throws {
        if isCancelled { throw CancellationError() }
    }
}
