internal import CLinux
internal import ContentDigest
internal import FileTrees
internal import Glibc
internal import SystemPackage

/// What each file of a step's result held, kept beside it in `digests`: what finds a bit that has flipped, which no seal
/// shows. It is made on a thread of its own after the result has been kept, so that no step waits for it (400 MB take half
/// a second); a process that is killed meanwhile leaves a result without one, which is as good as any other but for that.
///
/// Of large files with holes, which disks are, it is a checksum, unless somebody has taken their SHA-256 anyway.
///
/// What this user may not read (private files of other ids, in a layer that was configured without root) is left out.
struct ContentManifest: Equatable, Sendable {
    /// By path relative to the content.
    var files: [String: ContentCheck]

    /// - Parameters:
    ///   - known: by path; those are not read again
    ///   - checksums: of files that nobody has written to since
    ///   - noted: what it will be compared with: each of its files gets the same kind of check
    ///   - bypassingCache: for large files with holes; see `DirectAccess`
    static func of(
        _ content: String, known: [String: Digest] = [:], checksums: KnownChecksums? = nil,
        comparedWith noted: ContentManifest? = nil, bypassingCache: Bool = false,
        cancelled: CancellationFlag = CancellationFlag()
    ) throws -> ContentManifest {
        var files: [String: ContentCheck] = [:]
        var paths: [(path: String, isSparse: Bool)] = []
        try TreeSeal.walk(content, "") { relative, info in
            guard info.st_mode & S_IFMT == S_IFREG else { return }
            paths.append((relative, info.st_size > 1 << 20 && info.st_size > info.st_blocks * 512))
        }
        for (path, isSparse) in paths {
            try cancelled.check()
            if let digest = known[path] {
                files[path] = .sha256(digest)
                continue
            }
            // A copy of a disk may have no holes any more.
            let takesChecksum = noted?.files[path]?.isChecksum ?? isSparse
            if takesChecksum, let checksum = checksums?.take(content + path) {
                files[path] = .crc32c(checksum)
                continue
            }
            if takesChecksum || isSparse, access(content + path, R_OK) == 0 {
                files[path] =
                    takesChecksum
                    ? .crc32c(
                        try CRC32C.of(sparse: content + path, bypassingCache: bypassingCache, cancelled: cancelled))
                    : .sha256(
                        try Digest.of(sparse: content + path, bypassingCache: bypassingCache, cancelled: cancelled))
                continue
            }
            do {
                files[path] = .sha256(try Digest.of(file: .init(content + path)))
            } catch Errno.permissionDenied {
                continue
            } catch {
                throw Files.failure(error.rawValue, "cannot read", content + path)
            }
        }
        return ContentManifest(files: files)
    }

    /// Reads `digests`; nil when there is none, or one that was cut off.
    init?(reading path: String) {
        guard Files.exists(path), let text = try? Files.readText(path, limit: 1 << 28), text.hasSuffix("end\n") else {
            return nil
        }
        files = [:]
        for line in text.dropLast(4).split(separator: "\0\n") {
            guard let end = line.firstIndex(of: " "), let check = ContentCheck(line[..<end]) else { return nil }
            files[String(line[end...].dropFirst(2))] = check
        }
    }

    init(files: [String: ContentCheck]) {
        self.files = files
    }

    /// A file's name may hold a newline, but no zero byte.
    var text: String {
        files.sorted { $0.key < $1.key }.map { "\($0.value.text)  \($0.key)\0\n" }.joined() + "end\n"
    }

    /// The first file that is not as it was; nil when all are.
    func firstDifference(from now: ContentManifest) -> String? {
        files.filter { now.files[$0.key] != $0.value }.keys.min()
    }
}

extension ContentStore {
    /// Notes what a result holds that was kept a moment ago, behind the back of whoever goes on with it.
    func noteDigests(of folder: String, known: [String: Digest] = [:]) {
        let (sparesPageCache, checksums) = (sparesPageCache, checksums)
        background.start {
            // Before the contents are read: what is written to later has another stamp.
            guard let seal = try? TreeSeal.of("\(folder)/content"),
                let manifest = try? ContentManifest.of(
                    "\(folder)/content", known: known, checksums: checksums, bypassingCache: sparesPageCache)
            else { return }
            try? Files.write(manifest.text, to: "\(folder)/digests")
            try? Files.write(seal.stamp.hex, to: "\(folder)/stamp")
        }
    }

    /// Whether what was made is what lies there: by the seal, and where the tree was written to since (or copied) by its
    /// contents, once.
    ///
    /// - Parameter readsAll: reads the contents in any case.
    /// - Returns: nil, or what is wrong.
    func damage(of folder: String, readsAll: Bool, cancelled: CancellationFlag = CancellationFlag()) throws -> String? {
        guard let kept = try? Files.readText("\(folder)/seal", limit: 100), Files.exists("\(folder)/content") else {
            return "it is not complete"
        }
        let seal = try TreeSeal.of("\(folder)/content")
        guard seal.seal.hex == kept else { return "a file was added, removed or changed" }
        let stamp = try? Files.readText("\(folder)/stamp", limit: 100)
        if !readsAll, stamp == nil || stamp == seal.stamp.hex { return nil }
        let noted = ContentManifest(reading: "\(folder)/digests")
        let now = try ContentManifest.of(
            "\(folder)/content", comparedWith: noted, bypassingCache: sparesPageCache, cancelled: cancelled)
        if let noted {
            if let path = noted.firstDifference(from: now) {
                return "the content of '\(path.dropFirst())' has changed"
            }
        } else {
            try? Files.write(now.text, to: "\(folder)/digests")
        }
        // A read-only store is looked at in full each time.
        if stamp != seal.stamp.hex { try? Files.write(seal.stamp.hex, to: "\(folder)/stamp") }
        return nil
    }
}
