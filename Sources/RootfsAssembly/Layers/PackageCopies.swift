import ContentDigest
import FileTrees
import HostSystem
import SandboxInside

/// The data archives of packages, kept beside the packages as zstd. Unpacking a base system spends most of its processor
/// time in liblzma, and a nightly build unpacks some hundred packages again of which three have changed. The copy is
/// made as a package is unpacked for the first time; it is a blob as any other, which the store verifies and cleans.
struct PackageCopies: Sendable {
    let store: ContentStore
    /// Of this run; copies are written here first.
    let folder: String

    /// What is known of each package: only those that lie in the store have copies.
    func packages(at paths: [String]) throws(HostError) -> [UnpackManifest.Package] {
        var packages: [UnpackManifest.Package] = []
        for path in paths {
            var package = UnpackManifest.Package(path: path)
            if let digest = Digest(hex: Files.name(of: path)), store.blobPath(digest) == path {
                package.data = try store.copy(of: digest)
                if package.data == nil { package.newData = "\(folder)/\(digest.hex)" }
            }
            packages.append(package)
        }
        return packages
    }
}
