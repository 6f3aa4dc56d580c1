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

    private static func named(_ entry: ArchiveEntry) -> ArchiveEntry {
        var named = entry
        named.path = entry.path.isEmpty ? "./" : "./\(entry.path)"
        if case .hardLink(let target) = entry.kind { named.kind = .hardLink(target: "./\(target)") }
        return named
    }

    /// See `PackOrder.baseLayers`. Sorted by path where nothing is said.
    private static func sorted(_ items: [TreeItem], baseLayers: Int) -> [TreeItem] {
        var groups: [[TreeItem]] = Array(repeating: [], count: 5)
        for item in items {
            let group =
                switch item.entry.kind {
                // Behind what they name.
                case .hardLink: 4
                case .directory: item.lowestLayer < baseLayers ? 0 : 3
                default: item.layer >= baseLayers ? 3 : item.entry.path.hasPrefix("usr/") ? 1 : 2
                }
            groups[group].append(item)
        }
        return groups.flatMap { $0 }
    }

    private static func pack(_ order: PackOrder) throws(HostError) -> PackSummary {
        let writer = try TarWriter(path: order.output)
        var walker = TreeWalker(clampingTimesTo: order.timestamp)
        walker.emptied = Set(order.leavingOut)
        let tree = LayeredTree(order.layers)
        if let baseLayers = order.baseLayers {
            walker.opensFiles = false
            let items = try walker.items(of: tree, below: order.below)
            for item in Self.sorted(items, baseLayers: baseLayers) {
                let descriptor = try item.entry.kind == .file ? LayeredFolder.open(item.place) : -1
                defer { if descriptor >= 0 { close(descriptor) } }
                try writer.add(named(item.entry), contentOf: descriptor)
            }
        } else {
            try walker.walk(tree, below: order.below) { (entry, descriptor) throws(HostError) in
                try writer.add(named(entry), contentOf: descriptor)
            }
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
    /// How many of the lowest layers are a base that other trees have too. Its folders come first, then those of its files
    /// that no other layer has replaced, and of these the ones in /usr, which hardly any does: whoever gives out places
    /// in this order gives the same ones to the same files. Nil: everything is sorted by its path.
    package var baseLayers: Int?

    package init(
        output: String, layers: [String], timestamp: Int64, below: String, leavingOut: [String], baseLayers: Int? = nil
    ) {
        self.output = output
        self.layers = layers
        self.timestamp = timestamp
        self.below = below
        self.leavingOut = leavingOut
        self.baseLayers = baseLayers
    }
}

/// What was written, which `pack` answers on standard output.
package struct PackSummary: Codable, Sendable {
    package var size: Int64
    /// Of all bytes; nil when they went into a pipe.
    package var digest: Digest?
}
