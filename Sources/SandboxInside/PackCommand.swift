package import ContentDigest
import FileTrees
import FoundationEssentials
import Glibc

/// `pack OUTPUT TIMESTAMP BELOW LEFT-OUT…`: writes the root in `STONEBAKE_ROOT` as one tar.
enum PackCommand {
    static func run(_ arguments: [String], root: String) throws {
        guard arguments.count >= 3, let timestamp = Int64(arguments[1]) else {
            throw HostError(.unsupported, "pack: wrong arguments")
        }
        // A reader that has gone is an error, which is told like others.
        signal(SIGPIPE, SIG_IGN)
        try Archives.prepare()
        let summary = try pack(
            arguments[2].isEmpty ? root : "\(root)/\(arguments[2])", to: arguments[0], timestamp: timestamp,
            leavingOut: Array(arguments.dropFirst(3)))
        print(String(decoding: try JSONEncoder().encode(summary), as: UTF8.self))
    }

    private static func pack(
        _ root: String, to output: String, timestamp: Int64, leavingOut: [String]
    ) throws(HostError) -> PackSummary {
        let writer = try TarWriter(path: output)
        var walker = TreeWalker(clampingTimesTo: timestamp)
        walker.emptied = Set(leavingOut)
        try walker.walk(root) { (entry, descriptor) throws(HostError) in
            var named = entry
            named.path = entry.path.isEmpty ? "./" : "./\(entry.path)"
            if case .hardLink(let target) = entry.kind { named.kind = .hardLink(target: "./\(target)") }
            try writer.add(named, contentOf: descriptor)
        }
        let (digest, size) = try writer.finish()
        return PackSummary(size: size, digest: digest)
    }
}

/// What was written, which `pack` answers on standard output.
package struct PackSummary: Codable, Sendable {
    package var size: Int64
    /// Of all bytes; nil when they went into a pipe.
    package var digest: Digest?
}
