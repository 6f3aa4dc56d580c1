import FileTrees

/// The few files of a tree that a disk is made by, copied out of it (`BootAssets`).
struct TreeAssets {
    let folder: String

    /// A file's content; nil when the tree does not have it.
    func content(of path: String) throws(HostError) -> [UInt8]? {
        let copy = "\(folder)/\(path)"
        return Files.exists(copy) ? try Files.read(copy) : nil
    }
}
