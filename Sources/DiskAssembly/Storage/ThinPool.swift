import BuildPlanning
import HostSystem

/// A pool of thin volumes, written without a device: what is in the volumes' files goes chunk by chunk into the pool's
/// data, and thin_restore of the tools layer makes its metadata from the list of where each lies.
struct ThinPool {
    struct Volume {
        /// Its number in the pool.
        var device: Int
        /// The file that it holds; nil for one that something else fills later.
        var image: String?
    }

    struct Mapping: Sendable, Equatable {
        /// Chunks of the volume and of the pool's data, and how many follow one another.
        var origin: Int64
        var data: Int64
        var length: Int64
    }

    let chunkSize: Int64
    /// Chunks of data that the pool has.
    let capacity: Int64
    let transaction: Int
    let volumes: [Volume]
    /// By volume.
    let mappings: [[Mapping]]

    /// - Throws: `HostError` when a file cannot be read, `DiskError` when the pool does not hold them.
    init(chunkSize: Int64, capacity: Int64, transaction: Int, volumes: [Volume]) throws {
        self.chunkSize = chunkSize
        self.capacity = capacity
        self.transaction = transaction
        self.volumes = volumes
        var next: Int64 = 0
        var all: [[Mapping]] = []
        for volume in volumes {
            let ranges = try volume.image.map { try SparseCopier.data(of: $0) } ?? []
            let mapped = Self.mappings(of: ranges, chunkSize: chunkSize, from: next)
            next += mapped.reduce(0) { $0 + $1.length }
            all.append(mapped)
        }
        mappings = all
        guard next <= capacity else {
            throw DiskError(.size, "a thin pool of \(capacity * chunkSize) bytes does not hold what is in its volumes")
        }
    }

    /// The chunks that data touches, each once, in order.
    static func mappings(of ranges: [SparseCopier.Range], chunkSize: Int64, from first: Int64) -> [Mapping] {
        var result: [Mapping] = []
        var next = first
        var done: Int64 = 0
        for range in ranges where range.count > 0 {
            let start = max(done, range.start / chunkSize)
            let end = (range.start + range.count + chunkSize - 1) / chunkSize
            guard end > start else { continue }
            if let last = result.last, last.origin + last.length == start {
                result[result.count - 1].length += end - start
            } else {
                result.append(Mapping(origin: start, data: next, length: end - start))
            }
            next += end - start
            done = end
        }
        return result
    }

    /// What thin_restore(8) reads.
    var description: String {
        var lines = [
            "<superblock uuid=\"\" time=\"0\" transaction=\"\(transaction)\" flags=\"0\" version=\"2\" "
                + "data_block_size=\"\(chunkSize / 512)\" nr_data_blocks=\"\(capacity)\">"
        ]
        for (volume, mappings) in zip(volumes, mappings) {
            let count = mappings.reduce(0) { $0 + $1.length }
            lines.append(
                "<device dev_id=\"\(volume.device)\" mapped_blocks=\"\(count)\" transaction=\"\(volume.device - 1)\" "
                    + "creation_time=\"0\" snap_time=\"0\">")
            lines += mappings.map {
                "<range_mapping origin_begin=\"\($0.origin)\" data_begin=\"\($0.data)\" length=\"\($0.length)\" time=\"0\"/>"
            }
            lines.append("</device>")
        }
        return lines.joined(separator: "\n") + "\n</superblock>\n"
    }

    /// Where a byte of a volume lies in the pool's data, and how many bytes follow there; nil for one that has none.
    func place(_ volume: Int, _ position: Int64) -> (offset: Int64, count: Int64)? {
        let chunk = position / chunkSize
        let list = mappings[volume]
        var (low, high) = (0, list.count)
        while low < high {
            let middle = (low + high) / 2
            if list[middle].origin + list[middle].length <= chunk { low = middle + 1 } else { high = middle }
        }
        guard low < list.count, list[low].origin <= chunk else { return nil }
        let within = position - list[low].origin * chunkSize
        return (list[low].data * chunkSize + within, list[low].length * chunkSize - within)
    }
}
