import Dispatch

/// Work that nobody waits for until the end of the run: one after the other, on a thread of its own.
final class BackgroundWork: Sendable {
    private let queue = DispatchQueue(label: "stonebake.background", qos: .utility)

    func start(_ work: @escaping @Sendable () -> Void) {
        queue.async(execute: work)
    }

    /// Blocks until all of it is done.
    func wait() {
        queue.sync {}
    }
}
