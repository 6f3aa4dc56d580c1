import Dispatch
package import FileTrees
import Glibc

/// A datagram socket on this machine: a Unix socket, or UDP on the loopback address.
package final class DatagramSocket: Sendable {
    /// The port that a UDP socket has; 0 of a Unix socket.
    package let port: Int
    private let descriptor: Int32
    private let reader: Reader

    /// The read source. Dispatch sources may be used from any thread.
    private final class Reader: @unchecked Sendable {
        let source: any DispatchSourceRead
        init(_ source: any DispatchSourceRead) { self.source = source }
    }

    /// - Parameter receive: called with each datagram and the UDP port that it came from (0: a Unix socket), in order.
    private init(
        bound descriptor: Int32, port: Int, _ receive: @escaping @Sendable (_ bytes: [UInt8], _ port: Int) -> Void
    ) {
        self.descriptor = descriptor
        self.port = port
        let source = DispatchSource.makeReadSource(
            fileDescriptor: descriptor, queue: DispatchQueue(label: "stonebake.datagrams"))
        reader = Reader(source)
        source.setEventHandler {
            var bytes = [UInt8](repeating: 0, count: 65536)
            while true {
                var sender = sockaddr_in()
                var length = socklen_t(MemoryLayout<sockaddr_in>.size)
                let count = withUnsafeMutablePointer(to: &sender) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        recvfrom(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT), $0, &length)
                    }
                }
                guard count >= 0 else { return }
                let isUDP = sender.sin_family == sa_family_t(AF_INET)
                receive(Array(bytes[..<count]), isUDP ? Int(in_port_t(bigEndian: sender.sin_port)) : 0)
            }
        }
        source.setCancelHandler { Glibc.close(descriptor) }
        source.activate()
    }

    deinit { reader.source.cancel() }

    package func close() { reader.source.cancel() }

    /// Binds a free UDP port of 127.0.0.1.
    ///
    /// - Throws: `HostError`.
    package static func loopback(
        _ receive: @escaping @Sendable (_ bytes: [UInt8], _ port: Int) -> Void
    ) throws(HostError) -> DatagramSocket {
        let descriptor = try make(AF_INET)
        var address = loopbackAddress(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isBound else { throw failure(descriptor, "a UDP port of 127.0.0.1") }
        return DatagramSocket(bound: descriptor, port: Int(in_port_t(bigEndian: address.sin_port)), receive)
    }

    /// Binds the Unix socket `name` in `folder`, whose path may be longer than a socket address holds (108 bytes).
    ///
    /// - Throws: `HostError`.
    package static func unix(
        folder: String, name: String, _ receive: @escaping @Sendable (_ bytes: [UInt8]) -> Void
    ) throws(HostError) -> DatagramSocket {
        let descriptor = try make(AF_UNIX)
        let isBound = try withUnixAddress(folder: folder, name: name) { bind(descriptor, $0, $1) == 0 }
        guard isBound else { throw failure(descriptor, "\(folder)/\(name)") }
        return DatagramSocket(bound: descriptor, port: 0) { bytes, _ in receive(bytes) }
    }

    /// Sends to a UDP port of 127.0.0.1; as with any datagram, nobody tells whether it arrived.
    package func send(_ bytes: [UInt8], toPort port: Int) {
        var address = Self.loopbackAddress(port: port)
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(
                    descriptor, bytes, bytes.count, Int32(MSG_DONTWAIT), $0,
                    socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    /// Sends to the Unix socket `name` in `folder`.
    package func send(_ bytes: [UInt8], folder: String, name: String) {
        _ = try? Self.withUnixAddress(folder: folder, name: name) {
            sendto(descriptor, bytes, bytes.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL), $0, $1)
        }
    }

    private static func make(_ family: Int32) throws(HostError) -> Int32 {
        let descriptor = socket(family, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw failure(-1, "a socket") }
        return descriptor
    }

    private static func loopbackAddress(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }

    private static func withUnixAddress<Result>(
        folder: String, name: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) throws(HostError) -> Result {
        let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw failure(-1, folder) }
        defer { _ = Glibc.close(directory) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = Array("/proc/self/fd/\(directory)/\(name)".utf8)
        guard path.count < MemoryLayout.size(ofValue: address.sun_path) else { throw failure(-1, "\(folder)/\(name)") }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    private static func failure(_ descriptor: Int32, _ name: String) -> HostError {
        let reason = String(cString: strerror(errno))
        if descriptor >= 0 { Glibc.close(descriptor) }
        return HostError(.fileSystem, "cannot use \(name): \(reason)")
    }
}
