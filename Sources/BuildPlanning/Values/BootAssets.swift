package import ApplianceSpec

/// The tree's files that decide what a disk has around its root filesystem, or by which the finished disk is judged.
/// Relative to the root. Which of them an appliance has depends on its firmware.
package enum BootAssets {
    /// boot.img and core.img, for a BIOS.
    package static let grub = "boot/grub/i386-pc"
    package static let configuration = "boot/grub/grub.cfg"
    package static let fstab = "etc/fstab"

    package static func paths(_ architecture: Architecture) -> [String] {
        let programs = SignedPrograms(architecture)
        return ["\(grub)/boot.img", "\(grub)/core.img", configuration, fstab, "etc/debian_version"]
            + ["usr/lib/os-release", programs.shim, programs.manager, programs.fallback, programs.list, programs.grub]
    }

    /// What Debian's packages of signed programs for UEFI bring.
    package struct SignedPrograms {
        /// `x64`, in names.
        package let suffix: String
        package let shim, manager, fallback, list, grub: String

        package init(_ architecture: Architecture) {
            let platform: String
            switch architecture {
            case .amd64: (suffix, platform) = ("x64", "x86_64-efi")
            case .arm64: (suffix, platform) = ("aa64", "arm64-efi")
            }
            shim = "usr/lib/shim/shim\(suffix).efi.signed"
            manager = "usr/lib/shim/mm\(suffix).efi.signed"
            fallback = "usr/lib/shim/fb\(suffix).efi.signed"
            list = "usr/lib/shim/BOOT\(suffix.uppercased()).CSV"
            grub = "usr/lib/grub/\(platform)-signed/grub\(suffix).efi.signed"
        }
    }
}
