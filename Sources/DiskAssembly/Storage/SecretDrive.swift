internal import FileTrees
internal import Glibc

/// A passphrase as a drive of libguestfs' appliance. The file lies in memory, where the machine has such a place; it is
/// all zeros until QEMU has opened it, and has lost its name before the passphrase is written into it: whatever kills this
/// process, no file with a passphrase is left.
final class SecretDrive: Sendable {
    static let size = 4096

    let path: String
    private let descriptor: Int32
    private let passphrase: [UInt8]

    /// Bytes.
    var length: Int { passphrase.count }

    /// - Parameter folder: where the file lies when there is no memory filesystem
    /// - Throws: `HostError`.
    init(_ passphrase: [UInt8], folder: String) throws(HostError) {
        guard (1...Self.size).contains(passphrase.count) else {
            throw HostError(.fileSystem, "a passphrase has 1 to \(Self.size) bytes, and this one \(passphrase.count)")
        }
        let place = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : folder
        var template = Array("\(place)/stonebake-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw Files.failure(errno, "cannot make a file in", place) }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        self.descriptor = descriptor
        self.passphrase = passphrase
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if ftruncate(descriptor, off_t(Self.size)) != 0 { throw Files.failure(errno, "cannot write", path) }
    }

    /// Takes the file's name away, and fills it.
    func fill() throws(HostError) {
        unlink(path)
        let count = passphrase.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
        if count != passphrase.count { throw Files.failure(errno, "cannot write", "a passphrase") }
    }

    deinit {
        unlink(path)
        _ = ftruncate(descriptor, 0)
        close(descriptor)
    }
}
