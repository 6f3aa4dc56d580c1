import Synchronization

/// What came so far, also for whoever looks after the waiting was given up.
final class ReceivedBytes: Sendable {
    private let content = Mutex<[UInt8]>([])

    var bytes: [UInt8] { content.withLock { $0 } }

    /// Adds a chunk, as far as `limit` bytes allow, and returns everything.
    func add(_ chunk: [UInt8], limit: Int) -> [UInt8] {
        content.withLock { content in
            content += chunk.prefix(max(0, limit - content.count))
            return content
        }
    }
}
