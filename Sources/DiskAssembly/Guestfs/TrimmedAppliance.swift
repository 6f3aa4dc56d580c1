import FileTrees
import HostSystem

/// libguestfs' appliance without what looking at our disks does not need: udev, the search for RAID, LVM and Windows'
/// dynamic disks at the start, and, when a system is inspected, the parsing of two hundred kinds of configuration file.
/// Emulated, that is half of the launch and three quarters of the inspection (Benchmarks/NOTES.md).
///
/// supermin makes its root filesystem from an `ApplianceDescription`; kernel and initrd are derived from what supermin made
/// and kept beside it, made anew when that has changed. libguestfs takes it as a fixed appliance
/// (libguestfs-make-fixed-appliance(1)).
struct TrimmedAppliance: Sendable {
    private let host: Host
    private var runner: CommandRunner { host.runner }
    /// Where all of it is kept.
    private let cache: String

    init(host: Host) {
        self.host = host
        cache = "\(host.store.root)/libguestfs"
    }

    /// The folder for guestfs_set_path, where it is what the last `prepare` made; nil when another has replaced it meanwhile.
    func ready() throws -> String? {
        guard let source = try source, Files.exists("\(folder)/made-from"),
            try Files.readText("\(folder)/made-from") == source
        else { return nil }
        return folder
    }

    private var folder: String { "\(cache)/trimmed" }
    /// What supermin makes.
    private var made: String { "\(cache)/supermin" }

    /// What the trimmed appliance is made from, in one text; nil when there is nothing.
    private var source: String? {
        get throws {
            try Files.identity("\(made)/root").map { root in
                "\(root) \(try Files.identity("\(made)/initrd").map { "\($0)" } ?? "")"
            }
        }
    }

    /// The folder for guestfs_set_path, made when it is not there. The caller holds the lock on libguestfs' start. What
    /// runs here yields the processors: nobody waits for it as long as there is no disk.
    ///
    /// - Parameter path: libguestfs' own search path; nil when it is not what Debian's package sets
    /// - Throws: `HostError` when supermin fails; the full appliance then has to do.
    func prepare(searching path: String) async throws -> String? {
        guard let original = path.split(separator: ":").map({ "\($0)/supermin.d" }).first(where: Files.exists) else {
            // Somebody's own fixed appliance.
            return nil
        }
        let description = ApplianceDescription(original: original, folder: "\(cache)/supermin.d")
        try description.write()
        let temporary = try host.scratch.newFolder("supermin")
        // Without --copy-kernel: a copy has the kernel's own date, which makes --if-newer build anew each time.
        try await runner.check(
            Self.yielding(
                "supermin",
                [
                    "--build", "--if-newer", "--lock", "\(cache)/supermin.lock", "-f", "ext2", "--host-cpu",
                    Self.machine,
                    description.folder, "-o", made,
                ]
            ).with {
                // Where what it leaves when it is killed goes with the run's folder.
                $0.environment["TMPDIR"] = temporary
            }, purpose: "making libguestfs' appliance")
        // supermin leaves the old one's removal to a process in the background, which ends with it here. Earlier versions
        // of this program kept a second root filesystem in `full`.
        for name in try Files.names(in: cache) where name.hasPrefix("full") || Self.isReplaced(name) {
            try removeTree("\(cache)/\(name)")
        }
        guard let source = try source else { return nil }
        if let folder = try ready() { return folder }
        let (made, folder) = (made, folder)
        try await blocking(named: "kernel") {
            yieldProcessors()
            try Self.derive(from: made, into: "\(folder).new")
        }
        try Files.write(source, to: "\(folder).new/made-from")
        try removeTree(folder)
        try Files.move("\(folder).new", to: folder)
        return folder
    }

    /// supermin's names of old appliances: `supermin.` and a random number.
    private static func isReplaced(_ name: String) -> Bool {
        name.hasPrefix("supermin.") && !["supermin.lock", "supermin.d", "supermin.d.mark"].contains(name)
    }

    private static func derive(from made: String, into folder: String) throws {
        try removeTree(folder)
        try Files.makeFolder(folder)
        try Files.link("\(made)/root", as: "\(folder)/root")
        if try !ApplianceKernel.extract("\(made)/kernel", to: "\(folder)/kernel") {
            // It may be a symbolic link, which stays one.
            try Files.link("\(made)/kernel", as: "\(folder)/kernel")
        }
        try Files.write(ApplianceInitrd.trimmed(Files.read("\(made)/initrd")), to: "\(folder)/initrd")
        // The mark by which libguestfs knows a fixed appliance.
        try Files.write("libguestfs' appliance, trimmed by Stonebake\n", to: "\(folder)/README.fixed")
    }

    private static func yielding(_ program: String, _ arguments: [String]) -> Command {
        Command("nice", ["-n", "10", program] + arguments)
    }

    private static var machine: String {
        #if arch(arm64)
            "aarch64"
        #else
            "x86_64"
        #endif
    }

    /// For its kernel: pages are not cleared before who gets them clears them, and, where it is emulated, the timer of the
    /// processor's own, of which the kernel would find out the frequency for 0.1 s, is left alone.
    static func arguments(isEmulated: Bool) -> String {
        "init_on_alloc=0" + (isEmulated && machine == "x86_64" ? " nolapic_timer" : "")
    }

    /// For QEMU where it emulates: libguestfs' own choice without the instructions that copy and clear byte by byte as
    /// fast as any other way on real processors, and ten times slower on this one. Kernel and C library prefer them.
    static let emulatedProcessor: String? = machine == "x86_64" ? "max,la57=off,-erms,-fsrm" : nil
}
