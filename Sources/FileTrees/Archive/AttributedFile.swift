internal import CLinux
internal import Glibc

/// A file or folder whose extended attributes (xattr(7)) are read.
enum AttributedFile {
    case open(Int32)
    /// By its path on this machine; a symbolic link is not followed.
    case named(String)

    /// The names of all that are shown; none where the filesystem has none.
    ///
    /// - Parameter path: what a failure calls it
    func names(_ path: String) throws(HostError) -> [String] {
        // The kernel allocates as much as it is asked for, and few files have any.
        var names = list(upTo: 1024)
        if names == nil, errno == ERANGE { names = list(upTo: 65536) }
        if let names { return names }
        if errno == ENOTSUP { return [] }
        throw HostError.current("cannot list the attributes of '/\(path)'")
    }

    func value(_ name: String, _ path: String) throws(HostError) -> [UInt8] {
        var value = [UInt8](repeating: 0, count: 65536)
        let size =
            switch self {
            case .open(let descriptor): fgetxattr(descriptor, name, &value, value.count)
            case .named(let place): lgetxattr(place, name, &value, value.count)
            }
        guard size >= 0 else { throw HostError.current("cannot read the attribute \(name) of '/\(path)'") }
        return Array(value[..<size])
    }

    /// Nil, and errno, when that fails.
    private func list(upTo size: Int) -> [String]? {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: size) { buffer in
            buffer.withMemoryRebound(to: CChar.self) { buffer -> [String]? in
                let count =
                    switch self {
                    case .open(let descriptor): flistxattr(descriptor, buffer.baseAddress, size)
                    case .named(let place): llistxattr(place, buffer.baseAddress, size)
                    }
                guard count >= 0 else { return nil }
                return buffer[..<count].split(separator: 0).map { name in
                    String(decoding: name.map { UInt8(bitPattern: $0) }, as: UTF8.self)
                }
            }
        }
    }
}
