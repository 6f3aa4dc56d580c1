internal import FileTrees
internal import FoundationEssentials
internal import Glibc
package import SandboxInside

/// A root that lies in layers, as one tar: sorted by name, times clamped, numeric owners, attributes. In a namespace of
/// its own the files have the owners that they have in the image; what reads the stream needs none.
package struct TreeStream: Sendable {
    package let layers: [String]
    /// No time in it is later; seconds since 1970.
    package let timestamp: Int64
    /// Folders that are left out, with all that is in them: mount points of other filesystems. Relative to the root.
    package var leavingOut: [String] = []
    /// The folder that is its root, relative to the layers'; empty for all of them.
    package var below = ""
    /// How many of the lowest layers are a base whose files come first: see `PackOrder`. Nil: everything by its path.
    package var baseLayers: Int?

    package init(layers: [String], timestamp: Int64) {
        self.layers = layers
        self.timestamp = timestamp
    }

    /// Writes it to a file, or into a FIFO that somebody reads.
    ///
    /// - Throws: `HostError`, `BrokenStream` when the reader has gone; `CancellationError`.
    @discardableResult
    package func write(to path: String, host: Host) async throws -> PackSummary {
        let order = PackOrder(
            output: path, layers: layers, timestamp: timestamp, below: below, leavingOut: leavingOut,
            baseLayers: baseLayers)
        let text = String(decoding: try JSONEncoder().encode(order), as: UTF8.self)
        let result = try await Timeline.measure("stream the tree") {
            try await Sandbox(host: host).runWorker(["pack", text], layers: [], timestamp: timestamp)
        }
        return try JSONDecoder().decode(PackSummary.self, from: Data(result.output))
    }

    /// Makes a FIFO, and runs the stream beside `reader`, which gets its path.
    ///
    /// - Throws: what the reader throws; otherwise what the stream does.
    package func pipe<Value: Sendable>(
        in folder: String, host: Host, to reader: @escaping @Sendable (String) async throws -> Value
    ) async throws -> Value {
        let path = "\(folder)/tree.fifo"
        guard mkfifo(path, 0o600) == 0 else { throw HostError.current("cannot make '\(path)'") }
        defer { unlink(path) }
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask {
                try await write(to: path, host: host)
                return nil
            }
            group.addTask { try await reader(path) }
            var value: Value?
            var failure: (any Error)?
            while let result = await group.nextResult() {
                switch result {
                case .success(let read): value = read ?? value
                case .failure(let error):
                    if failure == nil || Self.isConsequence(failure) { failure = error }
                    // Whoever is left may wait for the other end; but a reader that has gone is about to say why.
                    if !Self.isConsequence(error) || error is CancellationError { group.cancelAll() }
                }
            }
            if let failure { throw failure }
            guard let value else { throw CancellationError() }
            return value
        }
    }

    /// Whether the error only says that the other end has failed.
    private static func isConsequence(_ error: (any Error)?) -> Bool {
        error is CancellationError || (error as? HostError)?.message.contains("Broken pipe") == true
    }
}
