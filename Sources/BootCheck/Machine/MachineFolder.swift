import ApplianceSpec
import FileTrees
import Glibc
import HostSystem

/// What a machine needs in its folder before it starts.
///
///     overlay.qcow2   what the guest writes; the image below it stays as it is
///     variables.fd    a copy of the firmware's variables (UEFI)
///     key, key.pub    throw-away, for the guest's sshd
///     seed.iso        NoCloud
///     qmp, console, agent, ssh    sockets, made by QEMU and ssh
struct MachineFolder: Sendable {
    let path: String
    let runner: CommandRunner

    /// Makes the overlay, in this folder or at a path of its own.
    ///
    /// - Parameter size: what the guest sees as its disk's size; nil: the image's.
    /// - Throws: `BootCheckError.image` when the image cannot be read; `HostError`, `CancellationError`.
    func makeOverlay(
        of image: String, format: DiskFormat?, size: ByteSize? = nil, at overlay: String? = nil
    ) async throws {
        guard let resolved = realpath(image, nil) else {
            throw BootCheckError(.image, "cannot read the image '\(image)': \(Files.reason(errno))")
        }
        defer { free(resolved) }
        let absolute = String(cString: resolved)
        let format = try format ?? MachineFolder.format(of: absolute)
        let create = Command(
            "qemu-img",
            [
                "create", "-q", "-f", "qcow2", "-b", absolute, "-F", format.rawValue,
                overlay ?? "\(path)/\(MachineSettings.File.overlay)",
            ] + (size.map { ["\($0.bytes)"] } ?? []))
        let result = try await runner.run(create)
        guard result.succeeded else {
            throw BootCheckError(.image, "QEMU cannot read the image '\(image)'", notes: result.tail)
        }
    }

    /// Overlays of the disks besides the one that boots.
    ///
    /// - Parameter kept: where those stay that are kept, with a number added; nil: here
    func makeOverlays(of images: [String], kept: String? = nil) async throws {
        for (index, image) in images.enumerated() {
            let overlay = kept.map { "\($0)-\(index + 1)" }
            if let overlay, Files.exists(overlay) { continue }
            try await makeOverlay(
                of: image, format: nil, at: overlay ?? "\(path)/\(MachineSettings.File.overlay(index))")
        }
    }

    static func format(of image: String) throws(BootCheckError) -> DiskFormat {
        guard let file = fopen(image, "re") else {
            throw BootCheckError(.image, "cannot read the image '\(image)': \(Files.reason(errno))")
        }
        defer { fclose(file) }
        var header = [UInt8](repeating: 0, count: 4)
        let count = fread(&header, 1, header.count, file)
        return DiskFormat.of(header: header.prefix(count))
    }

    /// Copies the firmware's variables, for the guest writes to them; nil for BIOS, which is built into QEMU.
    ///
    /// - Returns: the path of the firmware's code.
    func makeFirmware(_ firmware: BootFirmware) throws -> String? {
        guard firmware != .bios else { return nil }
        guard let files = UEFIFirmware.find(secureBoot: firmware == .secureBoot) else {
            throw BootCheckError(
                .firmware, "this machine has no firmware files for \(firmware.title)", hint: "apt-get install ovmf")
        }
        try Files.write(try Files.read(files.variables), to: "\(path)/\(MachineSettings.File.variables)", mode: 0o600)
        return files.code
    }

    /// Makes the key, and the seed that holds it where one is read.
    ///
    /// - Parameter kept: see `SSHShell.makeKey`.
    /// - Returns: the public key.
    func makeKey(
        seed: (instance: String, hostname: String)?, parameters: GuestParameters = GuestParameters(),
        kept: String? = nil
    ) async throws -> String {
        let key = try await SSHShell.makeKey(runner: runner, folder: path, kept: kept)
        if let seed {
            let content = CloudSeed(
                instance: seed.instance, hostname: seed.hostname, publicKey: key, parameters: parameters)
            try ISOWriter.write(
                to: "\(path)/\(MachineSettings.File.seed)", volume: CloudSeed.volume, files: content.files)
        }
        return key
    }
}
