internal import FileTrees
internal import Glibc

/// The parts of a sparse file that hold data, and their way into other files. What a file says is data is data, also where
/// it is all zeros: a filesystem may rely on it where it lands on a disk whose other bytes mean nothing.
enum SparseCopier {
    struct Range: Sendable, Equatable {
        var start: Int64
        var count: Int64
    }

    /// - Parameter gap: holes of up to so many bytes count as data
    /// - Throws: `HostError`.
    static func data(of path: String, gap: Int64 = 0) throws(HostError) -> [Range] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Files.failure(errno, "cannot open", path) }
        defer { close(descriptor) }
        let end = lseek(descriptor, 0, SEEK_END)
        var ranges: [Range] = []
        var position: off_t = 0
        while position < end {
            // SEEK_DATA and SEEK_HOLE, which the importer does not take.
            let start = lseek(descriptor, position, 3)
            if start < 0 {
                if errno == ENXIO { break }
                throw Files.failure(errno, "cannot read", path)
            }
            let stop = lseek(descriptor, start, 4)
            guard stop >= 0 else { throw Files.failure(errno, "cannot read", path) }
            if let last = ranges.last, Int64(start) - (last.start + last.count) <= gap {
                ranges[ranges.count - 1].count = Int64(stop) - last.start
            } else {
                ranges.append(Range(start: Int64(start), count: Int64(stop - start)))
            }
            position = stop
        }
        return ranges
    }

    /// Copies the source's data; `place` says for a position in the source where it goes, and how many bytes from there on
    /// follow one another.
    static func copy(
        _ source: String, place: (Int64) throws(HostError) -> (file: DiskFile, offset: Int64, count: Int64)?
    ) throws(HostError) {
        let input = open(source, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw Files.failure(errno, "cannot open", source) }
        defer { close(input) }
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        for range in try data(of: source) {
            var position = range.start
            while position < range.start + range.count {
                guard let target = try place(position) else {
                    throw HostError(.fileSystem, "'\(source)' does not fit where it belongs")
                }
                let wanted = min(range.start + range.count - position, target.count, Int64(buffer.count))
                let count = pread(input, &buffer, Int(wanted), off_t(position))
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw Files.failure(errno, "cannot read", source) }
                try target.file.write(Array(buffer[..<count]), at: target.offset)
                position += Int64(count)
            }
        }
    }
}

/// Of an XFS: where its log lies (XFS Algorithms & Data Structures, chapter 13; numbers are big-endian).
struct XFSSuperblock {
    /// Bytes.
    let log: SparseCopier.Range

    /// - Throws: `HostError` when it cannot be read, `DiskError` when it is no XFS with a log of its own.
    init(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Files.failure(errno, "cannot open", path) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 512)
        guard pread(descriptor, &bytes, 512, 0) == 512 else { throw Files.failure(errno, "cannot read", path) }
        func number(_ offset: Int, _ count: Int) -> Int64 {
            bytes[offset..<offset + count].reduce(Int64(0)) { $0 << 8 | Int64($1) }
        }
        guard bytes.starts(with: Array("XFSB".utf8)), number(48, 8) > 0 else {
            throw DiskError(.verification, "mkfs.xfs has made no XFS with a log in it")
        }
        let block = number(4, 4)
        // A block's number has its allocation group above the bits of its place there.
        let start = number(48, 8)
        let bits = number(124, 1)
        let place = (start >> bits) * number(84, 4) + start & (1 << bits - 1)
        log = .init(start: place * block, count: number(96, 4) * block)
    }
}

extension DiskFile {
    /// Makes data of every hole: zeros that are there.
    ///
    /// - Parameter part: where; nil: everywhere
    static func fillHoles(of path: String, in part: SparseCopier.Range? = nil) throws(HostError) {
        let file = DiskFile(path: path)
        let whole = try Files.identity(path)?.size ?? 0
        let end = part.map { $0.start + $0.count } ?? whole
        var position = part?.start ?? 0
        for range in try SparseCopier.data(of: path) + [.init(start: end, count: 0)] {
            while position < min(range.start, end) {
                let count = min(min(range.start, end) - position, 1 << 20)
                try file.write([UInt8](repeating: 0, count: Int(count)), at: position)
                position += count
            }
            position = max(position, range.start + range.count)
        }
    }

    /// Copies a part of another sparse file to the beginning of this one.
    func write(dataOf source: String, from start: Int64, count: Int64) throws(HostError) {
        let input = open(source, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw Files.failure(errno, "cannot open", source) }
        defer { close(input) }
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        for range in try SparseCopier.data(of: source) {
            var position = max(start, range.start)
            let end = min(start + count, range.start + range.count)
            while position < end {
                let got = pread(input, &buffer, Int(min(end - position, Int64(buffer.count))), off_t(position))
                if got < 0, errno == EINTR { continue }
                guard got > 0 else { throw Files.failure(errno, "cannot read", source) }
                try write(Array(buffer[..<got]), at: position - start)
                position += Int64(got)
            }
        }
    }
}
