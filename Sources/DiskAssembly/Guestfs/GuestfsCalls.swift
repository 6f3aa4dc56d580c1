internal import CGuestfs
internal import Glibc
import HostSystem

// The calls that Stonebake makes; each doc names its counterpart in guestfs(3).
extension GuestfsHandle {
    /// guestfs_set_backend, _set_backend_setting, _set_cachedir, _set_tmpdir, _set_network and _set_program.
    func configure(useKVM: Bool, cacheFolder: String, temporaryFolder: String) throws(DiskError) {
        try call("choose its backend") { guestfs_set_backend($0, "direct") }
        if !useKVM { try call("choose emulation") { guestfs_set_backend_setting($0, "force_tcg", "1") } }
        try call("use '\(cacheFolder)'") { guestfs_set_cachedir($0, cacheFolder) }
        try call("use '\(temporaryFolder)'") { guestfs_set_tmpdir($0, temporaryFolder) }
        try call("do without a network") { guestfs_set_network($0, 0) }
        try call("take its name") { guestfs_set_program($0, "stonebake") }
    }

    /// guestfs_set_path: the folder of a fixed appliance; guestfs_set_append: what its kernel is told; guestfs_config: QEMU's
    /// `-cpu`, of which the last one counts.
    func useAppliance(in folder: String, telling arguments: String, processor: String?) throws(DiskError) {
        try call("use the appliance in '\(folder)'") { guestfs_set_path($0, folder) }
        try call("tell its kernel '\(arguments)'") { guestfs_set_append($0, arguments) }
        if let processor { try call("choose '\(processor)'") { guestfs_config($0, "-cpu", processor) } }
    }

    /// guestfs_get_path of a new handle: where its appliances are searched, separated by colons.
    static func searchPath(environment: [String: String]) throws(DiskError) -> String {
        let handle = try GuestfsHandle(environment: environment, progress: .silent)
        defer { handle.close() }
        // The text is the handle's own, in contrast to what other calls return.
        return try handle.text("tell its search path") { guestfs_get_path($0).flatMap { strdup($0) } }
    }

    /// guestfs_add_drive_opts with `readonly`: what the appliance writes goes into an overlay that is thrown away.
    func addReadOnlyDrive(_ path: String) throws(DiskError) {
        let format = strdup("raw")
        defer { free(format) }
        var options = guestfs_add_drive_opts_argv()
        options.bitmask = sb_guestfs_add_drive_readonly | sb_guestfs_add_drive_format
        options.readonly = 1
        options.format = UnsafePointer(format)
        try call("attach '\(path)'") { guestfs_add_drive_opts_argv($0, path, &options) }
    }

    /// guestfs_add_drive_opts with `label`, by which a shell in the appliance finds it: /dev/disk/guestfs/LABEL.
    ///
    /// - Parameter label: letters
    func addDrive(_ path: String, label: String, readOnly: Bool) throws(DiskError) {
        let format = strdup("raw")
        let name = strdup(label)
        defer {
            free(format)
            free(name)
        }
        var options = guestfs_add_drive_opts_argv()
        options.bitmask =
            sb_guestfs_add_drive_readonly | sb_guestfs_add_drive_format | sb_guestfs_add_drive_label
        options.readonly = readOnly ? 1 : 0
        options.format = UnsafePointer(format)
        options.label = UnsafePointer(name)
        try call("attach '\(path)'") { guestfs_add_drive_opts_argv($0, path, &options) }
    }

    /// guestfs_mount_vfs with `ro`.
    func mountReadOnly(_ device: String, at path: String, type: String, options: String) throws(DiskError) {
        try call("mount \(device)") { guestfs_mount_vfs($0, "ro\(options)", type, device, path) }
    }

    /// guestfs_shutdown: ends the appliance, and says what could not be written.
    func shutDown() throws(DiskError) { try call("end its appliance") { guestfs_shutdown($0) } }

    /// guestfs_launch.
    func launch() throws(DiskError) { try call("start its appliance") { guestfs_launch($0) } }

    /// guestfs_blockdev_flushbufs and guestfs_blockdev_rereadpt: forget what was read of the device, and look anew.
    func reread(_ device: String) throws(DiskError) {
        try call("forget \(device)") { guestfs_blockdev_flushbufs($0, device) }
        try call("read the partition table of \(device)") { guestfs_blockdev_rereadpt($0, device) }
    }

    /// guestfs_debug `sh`: a command in the appliance, and nothing of the image. The typed guestfs_e2fsck counts a
    /// filesystem that it has mended as good; this ends with an error unless the command exits with 0.
    func shell(_ command: String) throws(DiskError) -> String {
        try text("run '\(command)'") { handle in withStringList([command]) { guestfs_debug(handle, "sh", $0) } }
    }

    /// guestfs_mount_ro.
    func mountReadOnly(_ device: String, at path: String) throws(DiskError) {
        try call("mount \(device)") { guestfs_mount_ro($0, device, path) }
    }

    /// guestfs_tar_out_opts with `numericowner` and `xattrs`: the folder with all that is in it.
    func writeArchive(of folder: String, to path: String) throws(DiskError) {
        var options = guestfs_tar_out_opts_argv()
        options.bitmask = sb_guestfs_tar_out_numericowner | sb_guestfs_tar_out_xattrs
        options.numericowner = 1
        options.xattrs = 1
        try call("read the files below '\(folder)'") { guestfs_tar_out_opts_argv($0, folder, path, &options) }
    }

    /// guestfs_umount_all.
    func unmountAll() throws(DiskError) { try call("unmount everything") { guestfs_umount_all($0) } }

    /// guestfs_find: everything below a folder, by paths relative to it.
    func paths(below folder: String) throws(DiskError) -> [String] {
        try list("list what is below '\(folder)'") { guestfs_find($0, folder) }
    }

    /// guestfs_cat: the file as text.
    func readText(_ path: String) throws(DiskError) -> String {
        try text("read '\(path)'") { guestfs_cat($0, path) }
    }

    /// guestfs_ls: the names in a folder, sorted.
    func names(in folder: String) throws(DiskError) -> [String] {
        try list("list '\(folder)'") { guestfs_ls($0, folder) }
    }

    /// guestfs_blkid: what is known of a partition and its filesystem, as `PART_ENTRY_TYPE`, `UUID`, ….
    func properties(of device: String) throws(DiskError) -> [String: String] {
        let list = try list("identify \(device)") { guestfs_blkid($0, device) }
        var properties: [String: String] = [:]
        for index in stride(from: 0, to: list.count - 1, by: 2) { properties[list[index]] = list[index + 1] }
        return properties
    }

    /// guestfs_inspect_os: the devices of root filesystems.
    func inspectOperatingSystems() throws(DiskError) -> [String] {
        try list("inspect the disk") { guestfs_inspect_os($0) }
    }

    /// guestfs_inspect_get_distro, _major_version, _minor_version, _product_name and _arch.
    func operatingSystem(
        at root: String
    ) throws(DiskError) -> (distribution: String, major: Int, minor: Int, product: String, architecture: String) {
        let distribution = try text("tell the distribution") { guestfs_inspect_get_distro($0, root) }
        let major = try call("tell the version") { guestfs_inspect_get_major_version($0, root) }
        let minor = try call("tell the version") { guestfs_inspect_get_minor_version($0, root) }
        let product = try text("tell the product") { guestfs_inspect_get_product_name($0, root) }
        let architecture = try text("tell the architecture") { guestfs_inspect_get_arch($0, root) }
        return (distribution, Int(major), Int(minor), product, architecture)
    }
}
