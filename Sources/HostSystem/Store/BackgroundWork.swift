import Dispatch
import FileTrees
import Synchronization

/// Work that nobody waits for until the end of the run: one after the other, on a thread of its own that takes what
/// others leave of the processors.
final class BackgroundWork: Sendable {
    private struct Line {
        var waiting: [@Sendable () -> Void] = []
        var hasThread = false
    }

    private let line = Mutex(Line())
    /// Entered for each piece of work that is not done.
    private let undone = DispatchGroup()

    func start(_ work: @escaping @Sendable () -> Void) {
        undone.enter()
        let needsThread = line.withLock { line in
            line.waiting.append(work)
            defer { line.hasThread = true }
            return !line.hasThread
        }
        guard needsThread else { return }
        do {
            try startThread(named: "background") { [self] in
                yieldProcessors()
                workOff()
            }
        } catch {
            // A machine that has no thread left: slower, and nothing is lost.
            workOff()
        }
    }

    private func workOff() {
        while let work = next() {
            work()
            undone.leave()
        }
    }

    private func next() -> (@Sendable () -> Void)? {
        line.withLock { line in
            if line.waiting.isEmpty {
                line.hasThread = false
                return nil
            }
            return line.waiting.removeFirst()
        }
    }

    /// Blocks until all of it is done.
    func wait() {
        undone.wait()
    }
}
