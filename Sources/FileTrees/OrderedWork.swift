import Dispatch
import Synchronization

/// Work on numbered pieces, side by side, whose results are taken in order: so that what is written does not depend on the
/// number of threads. No more pieces are in memory than twice as many as threads.
package struct OrderedWork {
    private let workers: Int

    package init(workers: Int) {
        self.workers = max(1, min(workers, 16))
    }

    /// - Parameters:
    ///   - produce: runs on several threads at once
    ///   - consume: runs on the caller's, with the pieces in order
    /// - Throws: what the first of them that fails throws; nothing runs any more then.
    package func run<Piece>(
        _ count: Int, cancelled: CancellationFlag, produce: @escaping @Sendable (Int) throws -> Piece,
        consume: (Int, Piece) throws -> Void
    ) throws {
        let window = workers * 2
        let state = WorkState<Piece>(count: count, window: window)
        let group = DispatchGroup()
        let queue = DispatchQueue(label: "ordered work", attributes: .concurrent)
        for _ in 0..<workers {
            queue.async(group: group) {
                while let number = state.take() {
                    let result = Result { try produce(number) }
                    state.put(result, at: number)
                }
            }
        }
        defer {
            state.stop(workers)
            group.wait()
        }
        for number in 0..<count {
            try cancelled.check()
            try consume(number, try state.wait(for: number).get())
        }
    }
}

private final class WorkState<Piece>: Sendable {
    private struct State {
        var next = 0
        var isStopped = false
        var results: [Int: Transfer] = [:]
    }

    /// Made on one thread, and afterwards used on another alone.
    private struct Transfer: @unchecked Sendable { var result: Result<Piece, any Error> }

    private let count: Int
    private let window: Int
    private let state = Mutex(State())
    private let room: DispatchSemaphore
    private let ready: [DispatchSemaphore]

    init(count: Int, window: Int) {
        self.count = count
        self.window = window
        room = DispatchSemaphore(value: 0)
        ready = (0..<window).map { _ in DispatchSemaphore(value: 0) }
        for _ in 0..<window { room.signal() }
    }

    /// The number of the next piece; nil when there is none.
    func take() -> Int? {
        room.wait()
        let number = state.withLock { state -> Int? in
            guard !state.isStopped, state.next < count else { return nil }
            state.next += 1
            return state.next - 1
        }
        if number == nil { room.signal() }
        return number
    }

    func put(_ result: Result<Piece, any Error>, at number: Int) {
        let transfer = Transfer(result: result)
        state.withLock { $0.results[number] = transfer }
        ready[number % window].signal()
    }

    func wait(for number: Int) -> Result<Piece, any Error> {
        ready[number % window].wait()
        let transfer = state.withLock { $0.results.removeValue(forKey: number) }
        room.signal()
        return transfer?.result ?? .failure(CancellationError())
    }

    func stop(_ workers: Int) {
        state.withLock { $0.isStopped = true }
        for _ in 0..<workers { room.signal() }
    }
}
