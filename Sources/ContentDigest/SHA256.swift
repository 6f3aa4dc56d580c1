package import SystemPackage

/// SHA-256 (FIPS 180-4) over data that arrives in pieces; the work is libcrypto's.
///
/// libcrypto and not swift-crypto: the same assembly, already on every machine that has libcurl, and more than a
/// minute less in a newcomer's first build.
package struct SHA256: ~Copyable {
    private let state = HashState(.sha256)

    package init() {}

    package mutating func update(_ bytes: UnsafeRawBufferPointer) { state.update(bytes) }

    package mutating func update(_ text: String) {
        var text = text
        text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
    }

    package consuming func finalize() -> Digest {
        Digest(bytes: state.finalize(count: 32))
    }
}

extension Digest {
    package static func of(_ text: String) -> Digest {
        var hash = SHA256()
        hash.update(text)
        return hash.finalize()
    }

    package static func of(_ bytes: some ContiguousBytesLike) -> Digest {
        var hash = SHA256()
        bytes.withRawBytes { hash.update($0) }
        return hash.finalize()
    }

    /// Reads the file once, in pieces.
    ///
    /// - Throws: `Errno` when it cannot be opened or read.
    package static func of(file path: FilePath) throws(Errno) -> Digest {
        do {
            let descriptor = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
            return try descriptor.closeAfter { try of(descriptor: descriptor) }
        } catch {
            throw error as? Errno ?? .ioError
        }
    }

    private static func of(descriptor: FileDescriptor) throws -> Digest {
        var hash = SHA256()
        // Small enough to come from memory that the process has: thousands of files are hashed one after the other.
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 64)
        defer { buffer.deallocate() }
        while true {
            let count = try descriptor.read(into: buffer)
            if count == 0 { return hash.finalize() }
            hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }
}

/// The byte containers that a digest can be taken of.
package protocol ContiguousBytesLike {
    func withRawBytes(_ body: (UnsafeRawBufferPointer) -> Void)
}

extension [UInt8]: ContiguousBytesLike {
    package func withRawBytes(_ body: (UnsafeRawBufferPointer) -> Void) {
        withUnsafeBytes { body($0) }
    }
}
