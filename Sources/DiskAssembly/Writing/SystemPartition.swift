import ApplianceSpec
import BuildPlanning
import HostSystem

/// The EFI system partition: what `grub-install --uefi-secure-boot --force-extra-removable --no-nvram` puts there.
///
///     EFI/BOOT/BOOTX64.EFI      shim, signed by Microsoft: what firmware starts from a disk it does not know
///     EFI/BOOT/grubx64.efi      GRUB, signed by Debian: shim starts the one that lies beside it
///     EFI/BOOT/mmx64.efi        shim's key manager
///     EFI/debian/shimx64.efi …  the same by the names that a boot entry of an installed Debian uses
///     EFI/debian/grub.cfg       where signed GRUB looks wherever it lies: finds root, goes on there
///
/// shim's fallback program (fbx64.efi) is not in EFI/BOOT: it would write a boot entry into the firmware's variables and
/// start again, at each first boot of each machine.
struct SystemPartition {
    struct File: Sendable, Equatable {
        /// On the ESP: `EFI/BOOT/BOOTX64.EFI`.
        var path: String
        var content: [UInt8]
    }

    let files: [File]

    /// - Throws: `DiskError.bootFiles` naming the file and the package that the tree lacks.
    init(assets: TreeAssets, architecture: Architecture, configuration: String) throws {
        let programs = BootAssets.SignedPrograms(architecture)
        let suffix = programs.suffix
        func content(_ path: String, of package: String) throws -> [UInt8] {
            if let content = try assets.content(of: path) { return content }
            throw DiskError(
                .bootFiles, "the system has no '/\(path)', which UEFI firmware needs to boot it",
                hint: "it belongs to the package \(package)")
        }
        let shim = try content(programs.shim, of: "shim-signed")
        let manager = try content(programs.manager, of: "shim-helpers-\(architecture)-signed")
        let fallback = try content(programs.fallback, of: "shim-helpers-\(architecture)-signed")
        let list = try content(programs.list, of: "shim-signed")
        let grub = try content(programs.grub, of: "grub-efi-\(architecture)-signed")
        files = [
            File(path: "EFI/BOOT/BOOT\(suffix.uppercased()).EFI", content: shim),
            File(path: "EFI/BOOT/grub\(suffix).efi", content: grub),
            File(path: "EFI/BOOT/mm\(suffix).efi", content: manager),
            File(path: "EFI/debian/BOOT\(suffix.uppercased()).CSV", content: list),
            File(path: "EFI/debian/fb\(suffix).efi", content: fallback),
            File(path: "EFI/debian/grub.cfg", content: Array(configuration.utf8)),
            File(path: "EFI/debian/grub\(suffix).efi", content: grub),
            File(path: "EFI/debian/mm\(suffix).efi", content: manager),
            File(path: "EFI/debian/shim\(suffix).efi", content: shim),
        ]
    }

    /// Runs in the tools layer, in the folder that holds `esp.img` and, numbered, the files. One command a file, in this
    /// order: mtools would take a folder's files in the order in which the disk has them.
    ///
    /// - Parameter serial: as in `1A2B-3C4D`
    static func script(paths: [String], serial: String, label: String) -> String {
        let folders = ["EFI", "EFI/BOOT", "EFI/debian"]
        let identifier = serial.filter { $0 != "-" }
        // mkfs.fat takes no empty name, which a spec's own partition without a label has.
        let name = label.isEmpty ? "" : " -n \(label)"
        // Clusters of one sector, which is the most that leaves a partition of 64 MiB enough of them for FAT32.
        var lines = [
            "set -eu", "export MTOOLS_SKIP_CHECK=1 TZ=UTC",
            // --invariant fixes the times and also the serial, which -i, when it comes later, sets again.
            "mkfs.fat --invariant -F 32 -s 1 -S 512 -R 32 -f 2\(name) -i \(identifier) esp.img",
        ]
        lines += folders.map { "mmd -i esp.img ::/\($0)" }
        lines += paths.enumerated().map { "mcopy -i esp.img file-\($0.offset) ::/\($0.element)" }
        return lines.joined(separator: "\n") + "\n"
    }
}
