internal import CLinux
package import FileTrees
internal import Glibc

/// One message over a stream socket: its length as eight bytes, then its bytes.
package func readFrame(_ descriptor: Int32) throws(HostError) -> [UInt8] {
    let header = try readExactly(8, from: descriptor)
    let length = header.reduce(0) { $0 << 8 | Int($1) }
    guard length < 1 << 30 else { throw HostError(.commandFailed, "a sandbox order of \(length) bytes is too long") }
    return try readExactly(length, from: descriptor)
}

private func readExactly(_ count: Int, from descriptor: Int32) throws(HostError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var position = 0
    while position < count {
        let start = position
        let got = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress?.advanced(by: start), count - start) }
        if got == 0 { throw HostError(.commandFailed, "the sandbox's socket was closed") }
        if got < 0 {
            if sb_errno() == EINTR { continue }
            throw HostError.current("cannot read from the sandbox's socket")
        }
        position += got
    }
    return bytes
}

/// Writes one such message.
package func writeFrame(_ bytes: [UInt8], to descriptor: Int32) throws(HostError) {
    let header = (0..<8).reversed().map { UInt8(truncatingIfNeeded: bytes.count >> ($0 * 8)) }
    let all = header + bytes
    var position = 0
    while position < all.count {
        let start = position
        let sent = all.withUnsafeBytes {
            send(descriptor, $0.baseAddress?.advanced(by: start), all.count - start, Int32(MSG_NOSIGNAL))
        }
        if sent < 0 {
            if sb_errno() == EINTR { continue }
            throw HostError.current("cannot write to the sandbox's socket")
        }
        position += sent
    }
}
