package import ContentDigest
import FileTrees
import FoundationEssentials
import Glibc

/// `pack ORDER`: writes a tree that lies in layers as one tar. The order is a `PackOrder` as JSON.
enum PackCommand {
    static func run(_ arguments: [String]) throws {
        guard let order = arguments.first, arguments.count == 1 else {
            throw HostError(.unsupported, "pack: wrong arguments")
        }
        // A reader that has gone is an error, which is told like others.
        signal(SIGPIPE, SIG_IGN)
        try Archives.prepare()
        let summary = try pack(try JSONDecoder().decode(PackOrder.self, from: Data(order.utf8)))
        print(String(decoding: try JSONEncoder().encode(summary), as: UTF8.self))
    }

    private static func pack(_ order: PackOrder) throws(HostError) -> PackSummary {
        let writer = try TarWriter(path: order.output)
        var walker = TreeWalker(clampingTimesTo: order.timestamp)
        walker.emptied = Set(order.leavingOut)
        try walker.walk(LayeredTree(order.layers), below: order.below) { (entry, descriptor) throws(HostError) in
            var named = entry
            named.path = entry.path.isEmpty ? "./" : "./\(entry.path)"
            if case .hardLink(let target) = entry.kind { named.kind = .hardLink(target: "./\(target)") }
            try writer.add(named, contentOf: descriptor)
        }
        let (digest, size) = try writer.finish()
        return PackSummary(size: size, digest: digest)
    }
}

/// What `pack` is to write.
package struct PackOrder: Codable, Sendable {
    /// A file, or a FIFO that somebody reads.
    package var output: String
    /// The tree's, the lowest first.
    package var layers: [String]
    /// No time is told as later; seconds since 1970.
    package var timestamp: Int64
    /// The folder that is the root; empty for the layers' own.
    package var below: String
    /// Folders that are written without what is in them, relative to that root.
    package var leavingOut: [String]

    package init(output: String, layers: [String], timestamp: Int64, below: String, leavingOut: [String]) {
        self.output = output
        self.layers = layers
        self.timestamp = timestamp
        self.below = below
        self.leavingOut = leavingOut
    }
}

/// What was written, which `pack` answers on standard output.
package struct PackSummary: Codable, Sendable {
    package var size: Int64
    /// Of all bytes; nil when they went into a pipe.
    package var digest: Digest?
}
