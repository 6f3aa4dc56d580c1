import Synchronization

@testable import HostSystem

/// What a test's host has told.
final class EventLog: Sendable {
    private let events = Mutex<[ProgressEvent]>([])

    var sink: ProgressSink { ProgressSink { event in self.events.withLock { $0.append(event) } } }

    /// Warnings and notices.
    var messages: [String] {
        events.withLock { $0.compactMap { if case .message(_, let text) = $0 { text } else { nil } } }
    }

    var lines: [String] {
        events.withLock { $0.compactMap { if case .log(let text) = $0 { text } else { nil } } }
    }

    /// What was told of a step's single files, in order.
    func transfers(_ step: String) -> [(title: String, completed: Int64, total: Int64?)] {
        events.withLock {
            $0.compactMap { event in
                guard case .transfer(step, let title, let completed, let total) = event else { return nil }
                return (title, completed, total)
            }
        }
    }

    /// The byte counts told for a step, in order.
    func bytes(_ step: String) -> [(completed: Int64, total: Int64?)] {
        events.withLock {
            $0.compactMap { event in
                guard case .stepProgress(step, let completed, let total, .bytes) = event else { return nil }
                return (completed, total)
            }
        }
    }
}

/// Waits until the condition holds, at most ten seconds.
func eventually(_ condition: () throws -> Bool) async throws -> Bool {
    for _ in 0..<1000 {
        if try condition() { return true }
        try await Task.sleep(for: .milliseconds(10))
    }
    return false
}
