package import ContentDigest
package import FileTrees
internal import Glibc

/// Blobs that hold what another one holds in a form that is quicker to read. `blobs/copies/ab/abcdef…`, named after the
/// original, is a symbolic link to the copy.
extension ContentStore {
    /// The path of the copy, verified as any blob; nil when the store has none.
    package func copy(of original: Digest) throws(HostError) -> String? {
        guard let copy = copyDigest(of: original) else { return nil }
        return try blob(copy)
    }

    /// Moves the files of a folder of this run into the store, as the copies of the blobs that their names say, and
    /// removes the folder. Nobody waits for it before the run ends. A store that cannot be written to works without.
    package func keep(copies names: [String], in folder: String) {
        background.start {
            for name in names {
                guard let original = Digest(hex: name) else { continue }
                try? keep(copy: "\(folder)/\(name)", of: original)
            }
            try? removeTree(folder)
        }
    }

    private func keep(copy file: String, of original: Digest) throws(HostError) {
        let (digest, path) = try addBlob(moving: file, expecting: nil)
        let link = link(of: original)
        try Files.makeFolder(Files.folder(of: link))
        let aside = "\(file).link"
        let target = "../../sha256/\(digest.hex.prefix(2))/\(Files.name(of: path))"
        guard symlink(target, aside) == 0 else { throw Files.failure(errno, "cannot link", aside) }
        try Files.move(aside, to: link)
    }

    /// What is to be kept where these are: the copies of those that have one, too.
    package func withCopies(_ digests: Set<Digest>) -> Set<Digest> {
        digests.union(digests.compactMap(copyDigest))
    }

    /// Removes the links whose copy has been removed.
    func forgetRemovedCopies() throws(HostError) {
        let copies = "\(root)/blobs/copies"
        for shelf in try Files.names(in: copies) {
            for name in try Files.names(in: "\(copies)/\(shelf)") {
                if let copy = Digest(hex: name).flatMap(copyDigest), Files.exists(blobPath(copy)) { continue }
                try Files.remove("\(copies)/\(shelf)/\(name)")
            }
        }
    }

    private func copyDigest(of original: Digest) -> Digest? {
        (try? Files.linkTarget(link(of: original))).flatMap { Digest(hex: Files.name(of: $0)) }
    }

    private func link(of original: Digest) -> String {
        "\(root)/blobs/copies/\(original.hex.prefix(2))/\(original.hex)"
    }
}
