import Dispatch
package import FileTrees
import Glibc
import Synchronization

/// A connected stream socket on this machine: a Unix socket or TCP on the loopback address.
package final class StreamSocket: Sendable {
    /// What arrives, in the order of arrival; ends when the other side closes, after an error, and at `close`.
    package let incoming: AsyncStream<[UInt8]>
    private let descriptor: Int32
    private let reader: Reader

    /// The read source and whether it is running. Dispatch sources may be used from any thread.
    private final class Reader: @unchecked Sendable {
        let source: any DispatchSourceRead
        init(_ source: any DispatchSourceRead) { self.source = source }
    }

    private init(connected descriptor: Int32) {
        self.descriptor = descriptor
        let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: .global())
        let (stream, continuation) = AsyncStream.makeStream(of: [UInt8].self)
        incoming = stream
        reader = Reader(source)
        source.setEventHandler {
            var chunk = [UInt8](repeating: 0, count: 65536)
            let count = recv(descriptor, &chunk, chunk.count, Int32(MSG_DONTWAIT))
            if count > 0 {
                continuation.yield(Array(chunk[..<count]))
            } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
                continuation.finish()
                source.cancel()
            }
        }
        source.setCancelHandler {
            continuation.finish()
            Glibc.close(descriptor)
        }
        source.activate()
    }

    deinit { reader.source.cancel() }

    package func close() { reader.source.cancel() }

    /// Connects to the Unix socket `name` in `folder`. The folder's path may be longer than a socket address holds
    /// (108 bytes): the address goes through the folder's descriptor.
    ///
    /// - Throws: `HostError` (`notFound` when nothing listens there).
    package static func unix(folder: String, name: String) throws(HostError) -> StreamSocket {
        let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw failure("\(folder)/\(name)") }
        defer { _ = Glibc.close(directory) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = Array("/proc/self/fd/\(directory)/\(name)".utf8)
        guard path.count < MemoryLayout.size(ofValue: address.sun_path) else { throw failure("\(folder)/\(name)") }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        return try connect(AF_UNIX, &address, "\(folder)/\(name)")
    }

    /// Connects to 127.0.0.1.
    ///
    /// - Throws: `HostError` (`notFound` when nothing listens there).
    package static func loopback(port: Int) throws(HostError) -> StreamSocket {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return try connect(AF_INET, &address, "127.0.0.1:\(port)")
    }

    private static func connect<Address>(
        _ family: Int32, _ address: inout Address, _ name: String
    ) throws(HostError) -> StreamSocket {
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw failure(name) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<Address>.size))
            }
        }
        guard result == 0 else {
            let error = failure(name)
            Glibc.close(descriptor)
            throw error
        }
        return StreamSocket(connected: descriptor)
    }

    /// Sends all of `bytes`; meant for short messages, for it waits in place while the other side is slow.
    ///
    /// - Throws: `HostError` when the other side is gone or takes nothing for ten seconds.
    package func send(_ bytes: [UInt8]) throws(HostError) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { buffer in
                Glibc.send(
                    descriptor, buffer.baseAddress, buffer.count,
                    Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            }
            if count >= 0 {
                sent += count
            } else if errno == EAGAIN {
                var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                guard poll(&wait, 1, 10_000) > 0 else { throw HostError(.busy, "a socket takes no data") }
            } else if errno != EINTR {
                throw StreamSocket.failure("a socket")
            }
        }
    }

    private static func failure(_ name: String) -> HostError {
        let missing = errno == ECONNREFUSED || errno == ENOENT
        return HostError(
            missing ? .notFound : .fileSystem, "cannot connect to \(name): \(String(cString: strerror(errno)))")
    }
}
