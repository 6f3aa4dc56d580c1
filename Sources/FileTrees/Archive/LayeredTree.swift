internal import CLinux
internal import Glibc

/// A tree that lies in layers, read from their folders as an overlay mount of them would show it: see `LayeredFolder`.
/// A mount has to make every name and file anew in the kernel, for each of the programs that look at it once.
package struct LayeredTree: Sendable {
    /// Folders, the lowest first.
    package let layers: [String]

    package init(_ layers: [String]) { self.layers = layers }

    /// The folder at a path relative to the root; nil when there is none. A symbolic link is none.
    func folder(_ path: String, obeysMarks: Bool = true) throws(HostError) -> LayeredFolder? {
        var folder = try LayeredFolder(layers: layers, obeysMarks: obeysMarks)
        for name in path.split(separator: "/") {
            guard let child = try folder.child(String(name)), let status = try folder.status(child),
                status.st_mode & S_IFMT == S_IFDIR
            else { return nil }
            folder = try folder.folder(child)
        }
        return folder
    }

    /// Where the file at that path lies on this machine; nil when there is none, or something else.
    package func place(of path: String) throws(HostError) -> String? {
        guard let folder = try folder(Files.folder(of: "/\(path)")), let child = try folder.child(Files.name(of: path))
        else { return nil }
        return try isFile(child, in: folder) ? folder.place(of: child) : nil
    }

    /// The files in a folder, sorted by the names' bytes, and where they lie on this machine; none where there is no such
    /// folder.
    package func files(in path: String) throws(HostError) -> [(name: String, place: String)] {
        guard let folder = try folder(path) else { return [] }
        var files: [(name: String, place: String)] = []
        for child in try folder.children() where try isFile(child, in: folder) {
            files.append((child.name, folder.place(of: child)))
        }
        return files
    }

    private func isFile(_ child: LayeredFolder.Child, in folder: LayeredFolder) throws(HostError) -> Bool {
        try folder.status(child).map { $0.st_mode & S_IFMT == S_IFREG } ?? false
    }
}
