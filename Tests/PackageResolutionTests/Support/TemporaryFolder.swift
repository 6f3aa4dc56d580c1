import FileTrees
import Glibc
import HostSystem

/// A folder below the system's temporary one, that a test removes when it is done.
struct TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = try Files.newFolder(in: "/tmp", named: "stonebake-test")
    }

    func remove() { try? removeTree(path) }
}
