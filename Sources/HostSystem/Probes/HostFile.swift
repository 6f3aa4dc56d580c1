import FoundationEssentials
import SystemPackage

/// Small files of the machine, read whole.
enum HostFile {
    /// The file's text, at most `limit` bytes of it; nil when it cannot be read. Reads to the end whatever the size
    /// that stat(2) reports, which is 0 under /proc and /sys.
    static func text(_ path: String, limit: Int = 1 << 20) -> String? {
        guard let file = try? FileDescriptor.open(FilePath(path), .readOnly, options: [.closeOnExec]) else { return nil }
        defer { try? file.close() }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16384)
        while bytes.count < limit {
            guard let count = try? chunk.withUnsafeMutableBytes({ try file.read(into: $0) }) else { return nil }
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The file's first line without white space before it.
    static func line(_ path: String) -> String? {
        text(path)?.split(separator: "\n").first.map { String($0.trimmingPrefix { $0.isWhitespace }) }
    }

    static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    /// - Throws: `HostError` (`fileSystem`, `noSpace`, …).
    static func write(_ bytes: [UInt8], to path: String) throws(HostError) {
        do {
            let file = try FileDescriptor.open(
                FilePath(path), .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: .ownerReadWrite)
            try file.closeAfter { _ = try file.writeAll(bytes) }
        } catch {
            throw HostError(.fileSystem, "cannot write '\(path)': \(error)")
        }
    }
}
