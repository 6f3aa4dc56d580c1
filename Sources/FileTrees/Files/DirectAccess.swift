internal import CLinux
internal import Glibc

/// Reading or writing of a file past the page cache (open(2), O_DIRECT): a page of it costs more than the copying, most of
/// all in a virtual machine that has to be given the memory first.
///
/// It ends by itself where it does not work, or is slow: then the kernel reads ahead, and writes when it has time.
package struct DirectAccess {
    /// Bytes: whole blocks of any disk, and what memory has to be aligned to.
    package static let alignment = 4096
    /// A disk that moves fewer bytes in a second is waited for by nobody.
    private static let leastPerSecond = 100_000_000.0
    /// Bytes after which the speed is judged.
    private static let judged = 32 << 20

    private let descriptor: Int32
    package private(set) var isOn: Bool
    private var bytes = 0
    private var waited = Duration.zero

    /// Without effect where the filesystem has nothing like it.
    package init(_ descriptor: Int32, isWanted: Bool) {
        self.descriptor = descriptor
        isOn = isWanted && fcntl(descriptor, F_SETFL, sb_direct) == 0
    }

    mutating func end() {
        isOn = false
        _ = fcntl(descriptor, F_SETFL, 0)
    }

    /// Calls pread(2) or pwrite(2), again after a signal, and without this where the file refuses it.
    ///
    /// - Parameters:
    ///   - count: bytes that are asked for, at `offset`; the last ones of a file may be no whole block
    /// - Returns: how many were moved; -1 and errno for an error
    package mutating func move(_ count: Int, at offset: Int64, _ call: (Int) -> Int) -> Int {
        if isOn, (count | Int(offset)) % Self.alignment != 0 { end() }
        while true {
            guard isOn else {
                let moved = call(count)
                if moved < 0, errno == EINTR { continue }
                return moved
            }
            let clock = ContinuousClock()
            let start = clock.now
            let moved = call(count)
            if moved < 0, errno == EINTR { continue }
            // A disk with larger blocks, and filesystems that say so only now.
            if moved < 0, errno == EINVAL {
                end()
                continue
            }
            if moved > 0 { judge(moved, clock.now - start) }
            return moved
        }
    }

    private mutating func judge(_ moved: Int, _ time: Duration) {
        if moved % Self.alignment != 0 { return end() }
        bytes += moved
        waited += time
        guard bytes >= Self.judged else { return }
        if Double(bytes) < Self.leastPerSecond * waited.inSeconds { end() }
        (bytes, waited) = (0, .zero)
    }
}
