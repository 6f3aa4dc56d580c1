import BuildPlanning
import Synchronization

/// Collects the steps of a run in the order in which they ended; some run at the same time.
final class StepTimings: Sendable {
    private let list = Mutex<[BuildReport.Step]>([])

    func add(_ step: BuildReport.Step) {
        list.withLock { $0.append(step) }
    }

    var steps: [BuildReport.Step] { list.withLock { $0 } }
}
