import FileTrees

/// Where the clusters of a compressed qcow2 lie in its file, and the tables that say so (QEMU, docs/interop/qcow2.rst).
///
/// Places are given out in the order in which they are asked for, by the rules of QEMU's own writer (block/qcow2-refcount.c
/// of 10.0), so that the file is the one that `qemu-img convert -c` makes of the same disk:
///
///     0                 header, with the names of the features
///     1                 refcount table
///     2                 first refcount block; later ones lie behind the first cluster that needs them
///     3                 L1 table
///     …                 L2 tables, each where its first cluster was asked for; compressed clusters, end to end as far as one
///                       that begins in a host cluster may reach into the next one; and clusters that are stored as they
///                       are, behind all of them. What was left of a host cluster is filled later, however far back it is
struct QCOW2Layout {
    /// Bytes.
    static let clusterSize = 1 << clusterBits
    private static let clusterBits = 16
    private static let entriesPerTable = clusterSize / 8
    private static let refcountsPerBlock = clusterSize / 2
    /// The host cluster has a refcount of one ("copied").
    private static let isUnshared: UInt64 = 1 << 63
    private static let isCompressed: UInt64 = 1 << 62
    private static let sector = 512

    /// Bytes of the guest's disk.
    let size: Int64
    private var tables: [(place: Int64, entries: [UInt64])?]
    /// Of each host cluster.
    private var refcounts: [UInt16] = []
    private var refcountBlocks: [Int] = [2]
    private let l1Clusters: Int
    /// Behind the last compressed cluster; nil where a host cluster ends.
    private var freeByte: Int64?

    /// - Parameter size: a multiple of `clusterSize`
    init(size: Int64) {
        self.size = size
        let clusters = Int(size) / Self.clusterSize
        tables = Array(repeating: nil, count: (clusters + Self.entriesPerTable - 1) / Self.entriesPerTable)
        l1Clusters = max(1, (tables.count * 8 + Self.clusterSize - 1) / Self.clusterSize)
        refcounts = Array(repeating: 1, count: 3 + l1Clusters)
    }

    /// Bytes of the file, as long as nothing else is placed.
    var end: Int64 {
        // All but L1 tables and compressed bytes are whole clusters; these end with their sector.
        let clusters = Int64(refcounts.count) * Int64(Self.clusterSize)
        if tables.allSatisfy({ $0 == nil }) { return Self.sectorEnd(Int64(3 * Self.clusterSize + tables.count * 8)) }
        guard let freeByte, clusters - freeByte < Int64(Self.clusterSize) else { return clusters }
        return Self.sectorEnd(freeByte)
    }

    private static func sectorEnd(_ place: Int64) -> Int64 {
        (place + Int64(sector) - 1) / Int64(sector) * Int64(sector)
    }

    /// The place of `count` compressed bytes of a guest's cluster; fewer than `clusterSize`.
    mutating func place(_ cluster: Int, compressedTo count: Int) -> Int64 {
        prepareTable(of: cluster)
        let start = newBytes(count)
        let first = start / Int64(Self.clusterSize)
        let last = (start + Int64(count) - 1) / Int64(Self.clusterSize)
        for host in first...last { refcounts[Int(host)] += 1 }
        freeByte = (start + Int64(count)) % Int64(Self.clusterSize) == 0 ? nil : start + Int64(count)
        let sectors = (start + Int64(count) - 1) / Int64(Self.sector) - start / Int64(Self.sector)
        note(cluster, UInt64(start) | UInt64(sectors) << UInt64(62 - (Self.clusterBits - 8)) | Self.isCompressed)
        return start
    }

    /// The place of a guest's cluster that is stored as it is.
    mutating func place(uncompressed cluster: Int) -> Int64 {
        prepareTable(of: cluster)
        let start = newCluster()
        refcounts[Int(start) / Self.clusterSize] = 1
        note(cluster, UInt64(start) | Self.isUnshared)
        return start
    }

    private mutating func prepareTable(of cluster: Int) {
        let number = cluster / Self.entriesPerTable
        guard tables[number] == nil else { return }
        let place = newCluster()
        refcounts[Int(place) / Self.clusterSize] = 1
        tables[number] = (place, Array(repeating: 0, count: Self.entriesPerTable))
    }

    private mutating func note(_ cluster: Int, _ entry: UInt64) {
        tables[cluster / Self.entriesPerTable]?.entries[cluster % Self.entriesPerTable] = entry
    }

    private mutating func newBytes(_ count: Int) -> Int64 {
        let size = Int64(Self.clusterSize)
        guard let start = freeByte else { return newCluster() }
        let roundedUp = (start + size - 1) / size * size
        if roundedUp - start >= Int64(count) { return start }
        // With a new refcount block QEMU begins anew, and leaves the rest of the last cluster.
        let needsBlock = refcounts.count % Self.refcountsPerBlock == 0
        let new = newCluster()
        return new == roundedUp && !needsBlock ? start : new
    }

    private mutating func newCluster() -> Int64 {
        let number = refcounts.count
        refcounts.append(0)
        if number % Self.refcountsPerBlock == 0 {
            refcountBlocks.append(number + 1)
            refcounts.append(1)
        }
        return Int64(number) * Int64(Self.clusterSize)
    }

    // MARK: What is written when everything has its place

    /// Whole clusters, and where they lie.
    func metadata() -> [(place: Int64, bytes: [UInt8])] {
        let size = Int64(Self.clusterSize)
        var parts: [(Int64, [UInt8])] = [(0, header())]
        parts.append((size, refcountBlocks.map { UInt64($0) * UInt64(size) }.flatMap(\.bigEndianBytes)))
        for (number, block) in refcountBlocks.enumerated() {
            let counts = refcounts.dropFirst(number * Self.refcountsPerBlock).prefix(Self.refcountsPerBlock)
            parts.append((Int64(block) * size, counts.flatMap(\.bigEndianBytes)))
        }
        let l1 = tables.map { $0.map { UInt64($0.place) | Self.isUnshared } ?? 0 }
        parts.append((3 * size, l1.flatMap(\.bigEndianBytes)))
        for case .some(let table) in tables { parts.append((table.place, table.entries.flatMap(\.bigEndianBytes))) }
        return parts.map { place, bytes in
            let rest = bytes.count % Self.clusterSize
            return (place, rest == 0 ? bytes : bytes + [UInt8](repeating: 0, count: Self.clusterSize - rest))
        }
    }

    private func header() -> [UInt8] {
        let size = UInt64(Self.clusterSize)
        var bytes = Array("QFI".utf8) + [0xfb] + UInt32(3).bigEndianBytes
        // No backing file; no encryption.
        bytes += UInt64(0).bigEndianBytes + UInt32(0).bigEndianBytes + UInt32(Self.clusterBits).bigEndianBytes
        bytes += UInt64(self.size).bigEndianBytes + UInt32(0).bigEndianBytes
        bytes += UInt32(tables.count).bigEndianBytes + (3 * size).bigEndianBytes
        bytes += size.bigEndianBytes + UInt32(1).bigEndianBytes
        // No snapshots. The one feature that a reader has to know is the kind of compression.
        bytes += UInt32(0).bigEndianBytes + UInt64(0).bigEndianBytes
        bytes += UInt64(1 << 3).bigEndianBytes + UInt64(0).bigEndianBytes + UInt64(0).bigEndianBytes
        // Refcounts of 2^4 bits; the header's bytes; zstd.
        bytes += UInt32(4).bigEndianBytes + UInt32(112).bigEndianBytes + [1, 0, 0, 0, 0, 0, 0, 0]
        return bytes + featureNames() + [UInt8](repeating: 0, count: 8)
    }

    /// What a program that does not know a feature can call it.
    private func featureNames() -> [UInt8] {
        let names: [(kind: UInt8, bit: UInt8, name: String)] = [
            (0, 0, "dirty bit"), (0, 1, "corrupt bit"), (0, 2, "external data file"), (0, 3, "compression type"),
            (0, 4, "extended L2 entries"), (1, 0, "lazy refcounts"), (2, 0, "bitmaps"), (2, 1, "raw external data"),
        ]
        let table = names.flatMap { feature in
            [feature.kind, feature.bit] + Array(feature.name.utf8)
                + [UInt8](repeating: 0, count: 46 - feature.name.utf8.count)
        }
        return UInt32(0x6803_f857).bigEndianBytes + UInt32(table.count).bigEndianBytes + table
    }
}
