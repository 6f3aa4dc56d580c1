internal import CLinux
internal import ContentDigest
internal import FileTrees
internal import Glibc

/// What has arrived of one download, in `partial/<key>`, with where it came from in `partial/<key>.from`. It outlives
/// this process: a later one goes on where it ends.
///
/// Unchecked, because no lock is needed: the engine's thread calls it during a transfer, the download's task between
/// transfers, and the continuation that ends a transfer orders the two.
final class PartialFile: TransferReceiver, @unchecked Sendable {
    enum Start: Sendable {
        case fromStart
        /// All of it is there already.
        case complete
        /// `validator` for If-Range, where the same URL gave one.
        case resume(Int64, validator: String?)
    }

    private let path: String
    private let request: DownloadRequest
    private let tally: DownloadTally
    private let descriptor: Int32
    private var hash = SHA256()
    private(set) var count: Int64 = 0
    private var url = ""
    /// The answer is not the file (an error page).
    private var ignoresBody = false

    /// Opens or makes it and hashes what is there. The caller holds the download's lock.
    init(request: DownloadRequest, path: String, tally: DownloadTally) throws {
        let descriptor = sb_open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw Files.failure(errno, "cannot write", path) }
        self.path = path
        self.request = request
        self.tally = tally
        self.descriptor = descriptor
        try hashContent()
        tally.add(count)
    }

    deinit { close(descriptor) }

    func reportNow() { tally.report() }

    /// Decides where the transfer from that URL begins.
    func prepare(for url: String) throws -> Start {
        let origin =
            (try? Files.readText("\(path).from", limit: 1 << 16))?.split(separator: "\n").map(String.init) ?? []
        let validator = origin.count == 2 && origin[0] == url ? origin[1] : nil
        self.url = url
        if let size = request.expectedSize, count == size, request.expectedDigest != nil { return .complete }
        // Content is proven by its digest in the end, whatever mirror each half came from; a file without one may
        // only be continued when the server says that it is the same.
        let mayResume = request.expectedDigest != nil || validator != nil
        guard count > 0, mayResume, !url.hasPrefix("file:"), count < request.limit else {
            try restart()
            return .fromStart
        }
        return .resume(count, validator: validator)
    }

    func begin(_ head: ResponseHead) throws {
        switch head.status {
        case 206:
            let range = head.value("content-range") ?? ""
            let expected = "bytes \(count)-"
            guard range.hasPrefix(expected) else {
                try restart()
                throw HostError(.download, "\(url) sends another range than it was asked for")
            }
            try checkAnnounced(range.split(separator: "/").last.flatMap { Int64($0) })
        case 0, 200..<300:
            try restart()
            try checkAnnounced(head.value("content-length").flatMap { Int64($0) })
            let validator = head.value("etag").flatMap { $0.hasPrefix("W/") ? nil : $0 } ?? head.value("last-modified")
            if let validator { try Files.write("\(url)\n\(validator)", to: "\(path).from") }
        default:
            ignoresBody = true
            return
        }
        ignoresBody = false
    }

    func receive(_ bytes: UnsafeRawBufferPointer) throws {
        if ignoresBody { return }
        guard count + Int64(bytes.count) <= request.limit else { throw tooLarge(nil) }
        let code = Files.writeAll(bytes, to: descriptor)
        if code != 0 { throw Files.failure(code, "cannot write", path) }
        hash.update(bytes)
        count += Int64(bytes.count)
        tally.add(Int64(bytes.count))
        tally.tell(request, received: count)
    }

    /// Throws away what has arrived.
    func restart() throws {
        guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else {
            throw Files.failure(errno, "cannot write", path)
        }
        tally.add(-count)
        count = 0
        hash = SHA256()
        unlink("\(path).from")
    }

    enum Finish {
        case file(DownloadedFile)
        /// The content is not what was asked for; nothing of it is left.
        case mismatch(HostError)
    }

    /// Moves what has arrived to where it belongs.
    func finish(_ request: DownloadRequest, store: ContentStore, from url: String) throws -> Finish {
        var finished = SHA256()
        swap(&finished, &hash)
        let digest = finished.finalize()
        let target: String
        switch request.destination {
        case .blob(let expected, _):
            guard digest == expected else {
                try restart()
                return .mismatch(
                    HostError(
                        .digestMismatch, "'\(request.title)' from \(url) is not what was expected",
                        hint: "the mirror may be in the middle of an update, or its content was changed on the way",
                        notes: ["SHA-256 expected \(expected)", "SHA-256 received \(digest)"]))
            }
            target = try store.addBlob(moving: path, hashed: digest)
        case .file(let path):
            try Files.moveAnywhere(self.path, to: path)
            target = path
        }
        try Files.remove("\(path).from")
        return .file(DownloadedFile(path: target, digest: digest, size: count, wasCached: false, source: url))
    }

    private func checkAnnounced(_ size: Int64?) throws {
        guard let size else { return }
        if let expected = request.expectedSize, size != expected {
            throw HostError(
                .digestMismatch,
                "'\(request.title)' from \(url) has \(size) bytes, not the expected \(expected)")
        }
        if size > request.limit { throw tooLarge(size) }
    }

    private func tooLarge(_ size: Int64?) -> HostError {
        let amount = size.map { "\($0) bytes" } ?? "more bytes"
        return HostError(
            .digestMismatch, "'\(request.title)' from \(url) has \(amount) than the \(request.limit) that are accepted")
    }

    private func hashContent() throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        while true {
            let length = read(descriptor, buffer.baseAddress, buffer.count)
            guard length >= 0 else { throw Files.failure(errno, "cannot read", path) }
            if length == 0 { return }
            hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<length]))
            count += Int64(length)
        }
    }
}
