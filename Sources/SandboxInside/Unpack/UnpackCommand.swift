import Dispatch
import FileTrees
import FoundationEssentials
import Glibc
import Synchronization

/// `unpack MANIFEST`: unpacks packages into the root in `STONEBAKE_ROOT`, side by side, and records
/// them in its dpkg database.
///
/// All files of the host are opened before; then this process changes its root, and only then reads the first archive.
enum UnpackCommand {
    static func run(_ arguments: [String], root path: String) throws {
        guard arguments.count == 1 else {
            throw HostError(.unsupported, "unpack: wrong arguments")
        }
        let manifest = try JSONDecoder().decode(UnpackManifest.self, from: Data(try Files.read(arguments[0])))
        umask(0)
        raiseDescriptorLimit()
        var sources: [Source] = []
        for package in manifest.packages {
            var source = Source(package: package, descriptor: try opened(package.path))
            if let path = package.data { source.data = try opened(path) }
            // Nothing depends on it: without space for it, say, it is done without.
            source.newData = package.newData.map { open($0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644) }
            sources.append(source)
        }
        try Archives.prepare()
        let root = try ContainedFolder(path)
        try root.enter()
        let summary = try unpack(sources, into: root, manifest)
        print(String(decoding: try JSONEncoder().encode(summary), as: UTF8.self))
    }

    private static func opened(_ path: String) throws(HostError) -> Int32 {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Files.failure(errno, "cannot open", path) }
        return descriptor
    }

    private struct Source: Sendable {
        let package: UnpackManifest.Package
        let descriptor: Int32
        var data: Int32?
        var newData: Int32?

        func opened() throws(HostError) -> DebianPackage {
            try DebianPackage(path: package.path, descriptor: descriptor)
        }

        /// The data archive of what `opened` gave; called once, after its `control`.
        func data(of deb: DebianPackage, copyingTo copy: StreamCompressor? = nil) throws(HostError) -> ArchiveReader {
            guard let data, let path = package.data else { return try deb.data(copyingTo: copy) }
            return try ArchiveReader(path: path, descriptor: data)
        }

        func copy() -> StreamCompressor? {
            guard let newData, newData >= 0, let path = package.newData else { return nil }
            return try? StreamCompressor(descriptor: newData, name: path)
        }
    }

    private static func unpack(
        _ sources: [Source], into root: ContainedFolder, _ manifest: UnpackManifest
    ) throws(HostError) -> UnpackSummary {
        let database = DpkgDatabase(folder: "/var/lib/dpkg")
        try makeMergedUsr(root, manifest)
        let rules = try database.pathRules()
        // A diverted file is not where its package's list says.
        let installed = manifest.database ? try database.installedFiles() : [:]
        let claims = FileClaims(
            installed: Dictionary(
                installed.map { (rules.destination(of: $0.key, package: $0.value.name), $0.value) },
                uniquingKeysWith: { first, _ in first }))
        let unpacker = PackageUnpacker(
            root: root, claims: claims, rules: rules, owners: try ownerNames(),
            conffilesWait: manifest.database)

        let results = Mutex<[UnpackedPackage?]>(Array(repeating: nil, count: sources.count))
        let failures = Mutex<[Int: HostError]>([:])
        let kept = Mutex<[String]>([])
        let next = Atomic<Int>(0)
        DispatchQueue.concurrentPerform(iterations: max(1, min(manifest.threads, sources.count))) { _ in
            while true {
                let index = next.add(1, ordering: .relaxed).oldValue
                guard index < sources.count, failures.withLock(\.isEmpty) else { return }
                do throws(HostError) {
                    let source = sources[index]
                    let package = try source.opened()
                    let control = try package.control()
                    let copy = source.copy()
                    let data = try source.data(of: package, copyingTo: copy)
                    let result = try unpacker.unpack(data, control, order: index)
                    results.withLock { $0[index] = result }
                    if let copy, let path = source.package.newData, data.isCopied, (try? copy.finish()) != nil {
                        kept.withLock { $0.append(path) }
                    }
                } catch {
                    failures.withLock { $0[index] = error }
                }
            }
        }
        // Of several failures the one that the order names first, so that the message is the same each time.
        if let first = failures.withLock({ $0.min { $0.key < $1.key }?.value }) { throw first }
        let packages = results.withLock { $0.compactMap(\.self) }
        for (index, paths) in claims.contested.sorted(by: { $0.key < $1.key }) {
            let source = sources[index]
            for descriptor in [source.descriptor, source.data].compactMap(\.self) { lseek(descriptor, 0, SEEK_SET) }
            let package = try source.opened()
            let control = try package.control()
            _ = try unpacker.unpack(try source.data(of: package), control, order: index, only: paths)
        }
        try settleFolders(packages, root)
        for folder in manifest.folders { try root.makeFolder(folder) }
        if manifest.database { try record(packages, claims, database) }
        return UnpackSummary(
            packages: packages.count, entries: packages.reduce(0) { $0 + $1.paths.count },
            bytes: packages.reduce(0) { $0 + $1.bytes }, kept: kept.withLock { $0.sorted() })
    }

    private static func record(
        _ packages: [UnpackedPackage], _ claims: FileClaims, _ database: DpkgDatabase
    ) throws(HostError) {
        let architectures = Set(packages.map(\.control.architecture)).subtracting(["all"])
        let native = packages.first { $0.control.name == "dpkg" }?.control.architecture
        let foreign = native.map { architectures.subtracting([$0]).sorted() } ?? []
        try database.prepare(foreignArchitectures: foreign, native: native ?? "")
        try database.record(packages, claims)
    }

    /// Folders that packages share get what the first of them in order says, whichever thread made them.
    private static func settleFolders(_ packages: [UnpackedPackage], _ root: ContainedFolder) throws(HostError) {
        var created: Set<String> = []
        for package in packages { created.formUnion(package.created) }
        var settled: Set<String> = []
        var folders: [(path: String, metadata: ContainedFolder.Metadata)] = []
        for package in packages {
            for folder in package.folders where created.contains(folder.path) || folder.path.isEmpty {
                if settled.insert(folder.path).inserted { folders.append(folder) }
            }
        }
        for folder in folders { try root.setFolder(folder.path, folder.metadata) }
    }

    /// /bin and its like as links into /usr, before the first package that still names files below them. Newer
    /// base-files has them too.
    private static func makeMergedUsr(_ root: ContainedFolder, _ manifest: UnpackManifest) throws(HostError) {
        let metadata = ContainedFolder.Metadata(mode: 0o777, uid: 0, gid: 0, modified: manifest.timestamp)
        for name in ["bin", "sbin", "lib", "lib64"] where try root.occupant(name) == .nothing {
            try root.makeFolder("usr/\(name)")
            try root.makeSymlink(name, target: "usr/\(name)", metadata)
        }
    }

    private static func ownerNames() throws(HostError) -> OwnerNames {
        func text(_ path: String) throws(HostError) -> String {
            Files.exists(path) ? try Files.readText(path) : ""
        }
        return OwnerNames(passwd: try text("/etc/passwd"), group: try text("/etc/group"))
    }

    /// A descriptor is open for each package.
    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
