import FileTrees
import Glibc
import HostSystem

/// A folder below the system's temporary one, that a test removes when it is done.
struct TemporaryFolder: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/stonebake-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw HostError(.fileSystem, "no temporary folder") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func remove() { try? removeTree(path) }
}
