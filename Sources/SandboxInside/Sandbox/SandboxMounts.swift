internal import CLinux
internal import FileTrees
internal import Glibc
internal import SystemPackage

/// Makes the root of a sandbox, in a mount namespace of its own, before anything of the job runs.
///
///     <mountPoint>            overlay of the layers, or the upper folder itself
///         /proc               of the new PID namespace
///         /sys                empty
///         /dev                null zero full random urandom tty pts shm, and no more
///         /run /tmp           empty, in memory
struct SandboxMounts {
    let order: SandboxOrder
    /// The root, once it is mounted. Everything below is opened relative to it, so that no symbolic link in a
    /// half-made tree leads a mount out of it.
    private let root: Int32

    /// Mounts the root at `order.mountPoint`.
    init(mounting order: SandboxOrder) throws(HostError) {
        self.order = order
        let point = order.mountPoint
        if order.isBesideRoot {
            try Self.mount("/", at: point, flags: SB_MS_BIND | SB_MS_REC, "bind the host's tree")
            guard sb_set_read_only(point, 1) == 0 else {
                throw HostError.current("cannot make the host's tree read-only")
            }
        } else {
            try Self.mountRoot(of: order, at: point)
        }
        root = Glibc.open(point, O_PATH_DIRECTORY)
        guard root >= 0 else { throw HostError.current("cannot open the root '\(point)'") }
    }

    private static func mountRoot(of order: SandboxOrder, at point: String) throws(HostError) {
        if let upper = order.upper, order.layers.isEmpty {
            try Self.mount(upper, at: point, flags: SB_MS_BIND | SB_MS_REC, "bind the folder '\(upper)'")
        } else if order.upper == nil, order.layers.count == 1 {
            try Self.mount(order.layers[0], at: point, flags: SB_MS_BIND, "bind the layer '\(order.layers[0])'")
            let flags = SB_MS_BIND | SB_MS_REMOUNT | SB_MS_RDONLY | SB_MS_NOSUID
            try Self.mount("none", at: point, flags: flags, "make the layer '\(order.layers[0])' read-only")
        } else {
            try Self.mount(
                "overlay", at: point, type: "overlay", data: Self.overlayOptions(order),
                "mount an overlay of the layers")
        }
    }

    /// In the host's tree: the job's root, with the kernel filesystems that the command itself has, for what it runs
    /// with chroot(1).
    func mountRootBeside() throws(HostError) {
        try memory("/mnt", "mode=755")
        try makeDirectory(SandboxPlaces.beside, mode: 0o755)
        let (parent, name) = split(SandboxPlaces.beside)
        let folder = try open(parent, SB_O_PATH | Self.directoryFlag)
        defer { close(folder) }
        guard symlinkat(name, folder, "sysroot") == 0 else { throw HostError.current("cannot make /mnt/sysroot") }
        let target = try self.folder(SandboxPlaces.beside)
        defer { close(target) }
        try Self.mountRoot(of: order, at: Self.path(target))
        for name in ["proc", "sys", "dev", "run", "tmp"] {
            let source = try self.folder("/\(name)")
            defer { close(source) }
            let target = try self.folder("\(SandboxPlaces.beside)/\(name)")
            defer { close(target) }
            try Self.mount(
                Self.path(source), at: Self.path(target), flags: SB_MS_BIND | SB_MS_REC, "bind /\(name) into the root")
        }
    }

    /// `userxattr`: what a user's namespace may write; also used as root, so that layers are alike. `volatile`: no
    /// fsync, as a layer that was not committed is thrown away. No redirects or metadata-only copies: a layer is
    /// plain folders and files.
    static func overlayOptions(_ order: SandboxOrder) -> String {
        func escaped(_ path: String) -> String {
            path.reduce(into: "") { text, character in
                if character == "\\" || character == ":" || character == "," { text.append("\\") }
                text.append(character)
            }
        }
        var options = ["lowerdir=" + order.layers.reversed().map(escaped).joined(separator: ":")]
        if let upper = order.upper, let work = order.work {
            options += ["upperdir=\(escaped(upper))", "workdir=\(escaped(work))", "volatile"]
        }
        return (options + ["userxattr"]).joined(separator: ",")
    }

    func mountKernelFilesystems() throws(HostError) {
        try mountProcesses()
        try memory("/sys", "mode=555", readOnly: true)
        try memory("/run", "mode=755")
        try makeDirectory("/run/lock", mode: 0o1777)
        try memory("/tmp", "mode=1777")
        try mountDevices()
    }

    private func mountProcesses() throws(HostError) {
        let target = try folder("/proc")
        defer { close(target) }
        let restricted = SB_MS_NOSUID | SB_MS_NODEV | SB_MS_NOEXEC
        if sb_mount("proc", Self.path(target), "proc", restricted, nil) != 0 {
            // Inside a container that hides parts of /proc, the kernel allows no new one; the container's has to do.
            try Self.mount("/proc", at: Self.path(target), flags: SB_MS_BIND | SB_MS_REC, "mount /proc")
        } else if geteuid() == 0, order.privateNetwork {
            // Kernel settings are the host's, and maintainer scripts run as its root when Stonebake does.
            let settings = try folder("/proc/sys")
            defer { close(settings) }
            _ = sb_mount(Self.path(settings), Self.path(settings), nil, SB_MS_BIND, nil)
            let again = try folder("/proc/sys")
            defer { close(again) }
            _ = sb_mount("none", Self.path(again), nil, SB_MS_BIND | SB_MS_REMOUNT | SB_MS_RDONLY | restricted, nil)
        }
    }

    private func mountDevices() throws(HostError) {
        try memory("/dev", "mode=755")
        for name in ["null", "zero", "full", "random", "urandom", "tty"] {
            try bind(.init("/dev/\(name)", at: "/dev/\(name)", readOnly: false))
        }
        try makeDirectory("/dev/pts", mode: 0o755)
        let terminals = try folder("/dev/pts")
        defer { close(terminals) }
        try Self.mount(
            "devpts", at: Self.path(terminals), type: "devpts", flags: SB_MS_NOSUID | SB_MS_NOEXEC,
            data: "newinstance,ptmxmode=0666,mode=620,gid=5", "mount /dev/pts")
        try makeDirectory("/dev/shm", mode: 0o1777)
        let devices = try folder("/dev")
        defer { close(devices) }
        let links = [
            ("pts/ptmx", "ptmx"), ("/proc/self/fd", "fd"), ("/proc/self/fd/0", "stdin"),
            ("/proc/self/fd/1", "stdout"), ("/proc/self/fd/2", "stderr"),
        ]
        for (target, name) in links {
            guard symlinkat(target, devices, name) == 0 else { throw HostError.current("cannot make /dev/\(name)") }
        }
    }

    /// Binds a file or folder of the host into the root.
    func bind(_ bind: SandboxBind) throws(HostError) {
        var status = stat()
        guard stat(bind.source, &status) == 0 else { throw HostError.current("cannot find '\(bind.source)'") }
        let isFolder = status.st_mode & S_IFMT == S_IFDIR
        let target = try isFolder ? createFolder(bind.target) : createFile(bind.target)
        defer { close(target) }
        let flags = isFolder ? SB_MS_BIND | SB_MS_REC : SB_MS_BIND
        try Self.mount(bind.source, at: Self.path(target), flags: flags, "bind '\(bind.source)'")
        guard bind.readOnly else { return }
        let bound = try open(bind.target, SB_O_PATH)
        defer { close(bound) }
        // A user's namespace may not clear flags that the mount below has, so they are repeated.
        let remount = SB_MS_BIND | SB_MS_REMOUNT | SB_MS_RDONLY
        let safer = SB_MS_NOSUID | SB_MS_NODEV
        for flags in [remount, remount | SB_MS_NOSUID, remount | safer, remount | safer | SB_MS_NOEXEC] {
            if sb_mount("none", Self.path(bound), nil, flags, nil) == 0 { return }
        }
        throw HostError.current("cannot make '\(bind.target)' read-only in the sandbox")
    }

    /// Makes the mounted root the only tree that this process sees.
    func enter() throws(HostError) {
        guard fchdir(root) == 0, sb_pivot_root(".", ".") == 0, sb_detach(".") == 0, chdir("/") == 0 else {
            throw HostError.current("cannot enter the root of the sandbox")
        }
    }

    // MARK: Paths below the root

    private static let directoryFlag = UInt64(O_DIRECTORY)

    private func open(_ path: String, _ flags: UInt64, mode: UInt32 = 0) throws(HostError) -> Int32 {
        let resolve = SB_RESOLVE_IN_ROOT | SB_RESOLVE_NO_MAGICLINKS
        let descriptor = sb_openat2(root, path, flags, mode, resolve)
        guard descriptor >= 0 else { throw HostError.current("cannot open '\(path)' in the root of the sandbox") }
        return descriptor
    }

    private func folder(_ path: String) throws(HostError) -> Int32 {
        try makeDirectory(path, mode: 0o755)
        return try open(path, SB_O_PATH | Self.directoryFlag)
    }

    private func createFolder(_ path: String) throws(HostError) -> Int32 {
        try makeParents(of: path)
        return try folder(path)
    }

    private func createFile(_ path: String) throws(HostError) -> Int32 {
        let resolve = SB_RESOLVE_IN_ROOT | SB_RESOLVE_NO_MAGICLINKS
        let existing = sb_openat2(root, path, SB_O_PATH, 0, resolve)
        if existing >= 0 { return existing }
        try makeParents(of: path)
        close(try open(path, UInt64(O_CREAT | O_RDWR), mode: 0o644))
        return try open(path, SB_O_PATH)
    }

    private func makeParents(of path: String) throws(HostError) {
        var parent = ""
        for component in path.split(separator: "/").dropLast() {
            parent += "/\(component)"
            try makeDirectory(parent, mode: 0o755)
        }
    }

    /// Makes the folder unless there is one (or a link to one).
    private func makeDirectory(_ path: String, mode: UInt32) throws(HostError) {
        let resolve = SB_RESOLVE_IN_ROOT | SB_RESOLVE_NO_MAGICLINKS
        let existing = sb_openat2(root, path, SB_O_PATH | Self.directoryFlag, 0, resolve)
        if existing >= 0 {
            close(existing)
            return
        }
        let (parent, name) = split(path)
        let folder = try open(parent, SB_O_PATH | Self.directoryFlag)
        defer { close(folder) }
        guard mkdirat(folder, name, mode) == 0 else { throw HostError.current("cannot make '\(path)' in the sandbox") }
    }

    private func split(_ path: String) -> (parent: String, name: String) {
        let components = path.split(separator: "/")
        return ("/" + components.dropLast().joined(separator: "/"), String(components.last ?? "."))
    }

    private func memory(_ path: String, _ options: String, readOnly: Bool = false) throws(HostError) {
        let target = try folder(path)
        defer { close(target) }
        let flags = SB_MS_NOSUID | SB_MS_NODEV | (readOnly ? SB_MS_RDONLY : 0)
        try Self.mount("tmpfs", at: Self.path(target), type: "tmpfs", flags: flags, data: options, "mount \(path)")
    }

    private static func path(_ descriptor: Int32) -> String { "/proc/self/fd/\(descriptor)" }

    private static func mount(
        _ source: String, at target: String, type: String? = nil, flags: UInt = 0, data: String? = nil,
        _ attempt: String
    ) throws(HostError) {
        guard sb_mount(source, target, type, flags, data) == 0 else { throw HostError.current("cannot \(attempt)") }
    }
}

private let O_PATH_DIRECTORY = Int32(SB_O_PATH) | O_DIRECTORY | O_CLOEXEC
