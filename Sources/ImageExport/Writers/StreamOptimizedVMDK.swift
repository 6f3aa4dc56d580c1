internal import ContentDigest
package import FileTrees

/// A stream-optimised VMDK ("Virtual Disk Format 5.0", VMware), in the layout that VMware's own importer and VMDKstream
/// agree on: what is found by reading forward only, and nothing behind the end-of-stream marker.
///
///     0            header: version 3, grain directory "at the end"
///     1            descriptor
///     128          grains, each behind its marker; after 512 of them (32 MiB) their grain table
///     …            grain directory
///     …            footer: the header again, with the place of the grain directory
///     …            end-of-stream marker; the last 512 bytes
///
/// qemu-img's own layout of that name has the grain directory in front, and VMware refuses it.
package struct StreamOptimizedVMDK: Sendable {
    private static let sector = 512
    private static let grainSectors = 128
    private static let grainSize = 64 << 10
    private static let entriesPerTable = 512
    /// Of one piece of work: a grain table's, in parts that keep the memory small.
    private static let grainsPerPiece = 16
    private static let directoryAtEnd: UInt64 = .max

    private enum Marker: UInt32 { case endOfStream, grainTable, grainDirectory, footer }

    private let workers: Int

    package init(workers: Int) {
        self.workers = workers
    }

    /// - Throws: `HostError`, `CancellationError`.
    package func write(_ disk: DiskSource, to path: String, cancelled: CancellationFlag) throws -> WrittenFile {
        let output = try FileOutput(path)
        let sectors = (disk.size + 511) / 512
        let descriptor = Self.descriptor(sectors: sectors, seed: try DiskSeed(disk))
        let descriptorSectors = (descriptor.count + Self.sector - 1) / Self.sector
        let header = Self.header(sectors: sectors, descriptorSectors: descriptorSectors, directory: Self.directoryAtEnd)
        try output.write(header)
        try output.write(descriptor)
        try output.skip(Int64(128 * Self.sector - Self.sector - descriptor.count))

        let grains = Int((disk.size + Int64(Self.grainSize) - 1) / Int64(Self.grainSize))
        var directory: [UInt32] = []
        var table: [UInt32] = []
        let pieces = (grains + Self.grainsPerPiece - 1) / Self.grainsPerPiece
        try OrderedWork(workers: workers).run(pieces, cancelled: cancelled) { number in
            try Self.compress(disk, from: number * Self.grainsPerPiece, grains: grains)
        } consume: { _, piece in
            let start = output.position
            try output.write(piece.buffer.bytes)
            for place in piece.places {
                let sector = try place.map { try Self.sectorNumber(start + Int64($0)) } ?? 0
                table.append(sector)
                if table.count == Self.entriesPerTable { try Self.finish(&table, &directory, output) }
            }
        }
        if !table.isEmpty {
            table += [UInt32](repeating: 0, count: Self.entriesPerTable - table.count)
            try Self.finish(&table, &directory, output)
        }
        let directorySectors = (directory.count * 4 + Self.sector - 1) / Self.sector
        try output.write(Self.marker(.grainDirectory, sectors: directorySectors))
        let place = try Self.sectorNumber(output.position)
        try output.write(directory.flatMap(\.littleEndianBytes))
        try output.pad(to: Int64(Self.sector))
        try output.write(Self.marker(.footer, sectors: 1))
        try output.write(
            Self.header(sectors: sectors, descriptorSectors: descriptorSectors, directory: UInt64(place)))
        try output.write(Self.marker(.endOfStream, sectors: 0))
        return WrittenFile(output)
    }

    /// The grains of a piece, with their markers; where each begins in it, and nil for those that are zeros.
    private struct Piece {
        var buffer: WorkBuffer
        var places: [Int?]
    }

    private static func compress(_ disk: DiskSource, from first: Int, grains: Int) throws -> Piece {
        let count = min(grainsPerPiece, grains - first)
        let input = try WorkBuffer(capacity: count * grainSize)
        try disk.read(into: input.memory, at: Int64(first) * Int64(grainSize))
        let room = Deflate.bound(grainSize) + 2 * sector
        let piece = try WorkBuffer(capacity: count * room)
        var places: [Int?] = []
        for number in 0..<count {
            let grain = UnsafeRawBufferPointer(
                rebasing: input.memory[number * grainSize..<(number + 1) * grainSize])
            guard !grain.isZero else {
                places.append(nil)
                continue
            }
            places.append(piece.count)
            let start = piece.count
            let size = try Deflate.compress(
                grain, into: UnsafeMutableRawBufferPointer(rebasing: piece.memory[(start + 12)...]))
            piece.memory.storeBytes(
                of: UInt64((first + number) * grainSectors).littleEndian, toByteOffset: start, as: UInt64.self)
            piece.memory.storeBytes(of: UInt32(size).littleEndian, toByteOffset: start + 8, as: UInt32.self)
            let end = start + 12 + size
            let padded = (end + sector - 1) / sector * sector
            UnsafeMutableRawBufferPointer(rebasing: piece.memory[end..<padded])
                .initializeMemory(as: UInt8.self, repeating: 0)
            piece.count = padded
        }
        return Piece(buffer: piece, places: places)
    }

    private static func finish(_ table: inout [UInt32], _ directory: inout [UInt32], _ output: FileOutput) throws {
        defer { table.removeAll(keepingCapacity: true) }
        guard table.contains(where: { $0 != 0 }) else {
            directory.append(0)
            return
        }
        try output.write(marker(.grainTable, sectors: entriesPerTable * 4 / sector))
        directory.append(try sectorNumber(output.position))
        try output.write(table.flatMap(\.littleEndianBytes))
    }

    private static func sectorNumber(_ position: Int64) throws -> UInt32 {
        guard let number = UInt32(exactly: position / Int64(sector)) else {
            throw ExportError(.conversion, "a stream-optimised VMDK has at most 2 TiB of compressed data")
        }
        return number
    }

    private static func marker(_ kind: Marker, sectors: Int) -> [UInt8] {
        let head = UInt64(sectors).littleEndianBytes + UInt32(0).littleEndianBytes + kind.rawValue.littleEndianBytes
        return head + [UInt8](repeating: 0, count: sector - head.count)
    }

    private static func header(sectors: Int64, descriptorSectors: Int, directory: UInt64) -> [UInt8] {
        var bytes = Array("KDMV".utf8)
        bytes += UInt32(3).littleEndianBytes
        // New lines are tested; grains are compressed; there are markers.
        bytes += UInt32(0x30001).littleEndianBytes
        bytes += UInt64(sectors).littleEndianBytes + UInt64(grainSectors).littleEndianBytes
        bytes += UInt64(1).littleEndianBytes + UInt64(descriptorSectors).littleEndianBytes
        bytes += UInt32(entriesPerTable).littleEndianBytes
        bytes += UInt64(0).littleEndianBytes + directory.littleEndianBytes + UInt64(128).littleEndianBytes
        // Cleanly shut down, the new lines that are tested, deflate.
        bytes += [0, 0x0A, 0x20, 0x0D, 0x0A] + UInt16(1).littleEndianBytes
        return bytes + [UInt8](repeating: 0, count: sector - bytes.count)
    }

    private static func descriptor(sectors: Int64, seed: DiskSeed) -> [UInt8] {
        let cylinders = (sectors + 63 * 255 - 1) / (63 * 255)
        let text = """
            # Disk DescriptorFile
            version=1
            CID=\(seed.hex("vmdk content").prefix(8))
            parentCID=ffffffff
            createType="streamOptimized"

            # Extent description
            RDONLY \(sectors) SPARSE "disk.vmdk"

            # The Disk Data Base
            #DDB

            ddb.adapterType = "lsilogic"
            ddb.geometry.cylinders = "\(cylinders)"
            ddb.geometry.heads = "255"
            ddb.geometry.sectors = "63"
            ddb.longContentID = "\(seed.hex("vmdk long content").prefix(32))"
            ddb.virtualHWVersion = "14"

            """
        return Array(text.utf8)
    }
}
