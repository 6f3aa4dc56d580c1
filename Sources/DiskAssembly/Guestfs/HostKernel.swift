internal import FileTrees
internal import Glibc

/// The host's kernels, one of which libguestfs starts in its appliance.
enum HostKernel {
    /// Says at once, and with the remedy, what libguestfs would say late and in supermin's words.
    ///
    /// - Throws: `DiskError.hostKernel` when no kernel is there or none can be read.
    static func check(bootFolder: String = "/boot") throws {
        let kernels = try Files.names(in: bootFolder).filter { $0.hasPrefix("vmlinuz-") }
        guard !kernels.isEmpty else {
            throw DiskError(
                .hostKernel, "there is no kernel in '\(bootFolder)' for libguestfs to start",
                hint: "install one: `sudo apt-get install linux-image-cloud-amd64`")
        }
        guard kernels.contains(where: { access("\(bootFolder)/\($0)", R_OK) == 0 }) else {
            throw DiskError(
                .hostKernel, "libguestfs cannot read the kernel '\(bootFolder)/\(kernels[kernels.count - 1])'",
                hint: "make it readable: `sudo chmod +r \(bootFolder)/vmlinuz-*`")
        }
    }
}
