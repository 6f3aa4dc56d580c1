package import FileTrees
internal import Glibc
import Synchronization

/// The folder in which one process makes things: staging folders and its scratch folder. Made at first use, so that
/// reading a store writes nothing.
final class RunFolder: Sendable {
    private let runs: String
    private let state = Mutex<State>(State())

    private struct State {
        var owner: FileLock?
        var path: String?
        var count = 0
    }

    /// Nil until something was made in it.
    var path: String? { state.withLock { $0.path } }

    init(runs: String) {
        self.runs = runs
    }

    /// Makes it, if it is not there yet: what is taken into use from now on stays while this process lives.
    func open() throws(HostError) {
        try state.withLock { (state) throws(HostError) in _ = try Self.prepare(&state, in: runs) }
    }

    /// Makes a new, empty folder in it, whose name begins with `prefix`.
    func newFolder(_ prefix: String) throws(HostError) -> String {
        let path = try state.withLock { (state) throws(HostError) in
            state.count += 1
            return "\(try Self.prepare(&state, in: runs))/\(prefix)-\(state.count)"
        }
        try Files.makeFolder(path, mode: 0o755)
        return path
    }

    /// Removes it with all that is in it; the owner's lock goes last.
    func close() throws(HostError) {
        let (path, owner) = state.withLock { state in
            defer { state = State() }
            return (state.path, state.owner)
        }
        if let path { try removeTree(path) }
        withExtendedLifetime(owner) {}
    }

    /// The lock comes before the folder: no sweep ever sees a folder without an owner that lives.
    private static func prepare(_ state: inout State, in runs: String) throws(HostError) -> String {
        if let path = state.path { return path }
        while true {
            let path = "\(runs)/\(getpid())-\(String(UInt32.random(in: 0...UInt32.max), radix: 36))"
            guard !Files.exists(path), let owner = try FileLock.acquire("\(path).owner") else { continue }
            try Files.makeFolder(path)
            state.owner = owner
            state.path = path
            return path
        }
    }

    /// Removes what dead processes left: those whose owner file nobody holds. Returns what could not be removed.
    static func sweep(_ runs: String) throws(HostError) -> [HostError] {
        var failures: [HostError] = []
        for name in try Files.names(in: runs) where !name.hasSuffix(".owner") {
            do throws(HostError) {
                guard let lock = try FileLock.acquire("\(runs)/\(name).owner") else { continue }
                defer { withExtendedLifetime(lock) {} }
                try removeTree("\(runs)/\(name)")
            } catch {
                failures.append(error)
            }
        }
        for name in try Files.names(in: runs) where name.hasSuffix(".owner") {
            guard !Files.exists("\(runs)/\(name.dropLast(6))") else { continue }
            // Released at once, which removes the file.
            _ = try? FileLock.acquire("\(runs)/\(name)")
        }
        return failures
    }
}

/// A folder for a run's temporary files, on the store's filesystem.
package struct ScratchFolder: Sendable {
    private let run: RunFolder

    init(run: RunFolder) {
        self.run = run
    }

    /// A new, empty folder. It goes with the run; whoever needs the space earlier calls `removeTree`.
    package func newFolder(_ purpose: String = "scratch") throws(HostError) -> String {
        try run.newFolder("scratch-\(purpose)")
    }
}

extension ContentStore {
    /// Removes what killed runs left behind: their staging and scratch folders. Quick when there is nothing. What
    /// cannot be removed (another user's, on a shared store) is told, and does not stop this run.
    package func sweepDeadRuns() throws(HostError) {
        for error in try RunFolder.sweep("\(root)/runs") {
            progress.send(.message(.warning, "what a killed build has left stays: \(error.message)"))
        }
        for name in try Files.names(in: "\(root)/locks") { _ = try? FileLock.acquire("\(root)/locks/\(name)") }
    }

    /// Begins a run: what it takes into use from now on stays, whatever cleans the store meanwhile. Without it, a run begins
    /// with the first folder that it makes.
    package func beginRun() throws(HostError) {
        try run.open()
    }

    /// Ends what goes on in the background, and removes this run's staging and scratch folders.
    package func closeRun() throws(HostError) {
        background.wait()
        try run.close()
    }
}
