import HostSystem
import Synchronization
import TreeMeasures

/// The span of a launch under way, for those who wait for it.
final class SpanReference: Sendable {
    private let span = Mutex<Int?>(nil)

    /// Nil without a recording, and until the launch has begun.
    var id: Int? { span.withLock { $0 } }

    /// A task whose work is a span; processes that libguestfs starts count as its own.
    func task<Value: Sendable>(
        _ title: String, _ body: @escaping @Sendable () async throws -> Value
    ) -> Task<Value, any Error> {
        Task {
            try await Timeline.measure(title, adopting: true) {
                self.span.withLock { $0 = Timeline.currentSpan }
                return try await body()
            }
        }
    }
}
