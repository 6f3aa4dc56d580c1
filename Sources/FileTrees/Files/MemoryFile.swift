internal import CLinux
package import SystemPackage

extension FileDescriptor {
    /// A file that exists in memory alone (memfd_create(2)).
    package static func memory(named name: String) throws(Errno) -> FileDescriptor {
        let number = sb_memory_file(name)
        guard number >= 0 else { throw Errno(rawValue: sb_errno()) }
        return FileDescriptor(rawValue: number)
    }
}
