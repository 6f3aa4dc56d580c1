import HostSystem
import SandboxInside

/// Memory for the blocks of a disk that mke2fs writes (Sources/CDiskCache): it takes half of the time with it. What is
/// written is the same without it, where the library is missing.
struct DiskCache {
    private let library: String
    private let isDirect: Bool
    private static let name = "libstonebake-diskcache.so"
    /// Where sandboxes see the library; /run is in memory and never part of a tree.
    private static let place = "/run/\(name)"

    /// Nil where the library does not lie beside the program.
    init?(host: Host) {
        guard let library = CompanionFile.path(Self.name, beside: host.executable) else { return nil }
        self.library = library
        isDirect = host.sparesPageCache
    }

    /// - Parameter disk: as the job's command sees it
    func apply(to job: inout SandboxJob, disk: String) {
        job.command.environment["LD_PRELOAD"] = Self.place
        job.command.environment["STONEBAKE_DISK"] = disk
        if isDirect { job.command.environment["STONEBAKE_DISK_DIRECT"] = "yes" }
        job.binds.append(.init(library, at: Self.place))
    }
}
