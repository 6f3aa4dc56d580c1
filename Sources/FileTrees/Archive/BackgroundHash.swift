import ContentDigest
import Dispatch
import Synchronization

/// Hashes what is written on another processor than the one that writes it.
final class BackgroundHash: Sendable {
    private let hash = Mutex<SHA256?>(SHA256())
    private let queue = DispatchQueue(label: "hash")
    /// How many pieces may wait: the writer is not to fill the memory.
    private let room = DispatchSemaphore(value: 3)

    /// Copies the bytes; returns before they are hashed.
    func update(_ bytes: UnsafeRawBufferPointer) {
        let copy = [UInt8](bytes)
        room.wait()
        queue.async { [self] in
            hash.withLock { hash in copy.withUnsafeBytes { hash?.update($0) } }
            room.signal()
        }
    }

    /// Nil when it was asked for before.
    func finalize() -> Digest? {
        queue.sync {}
        return hash.withLock { $0.take()?.finalize() }
    }
}
