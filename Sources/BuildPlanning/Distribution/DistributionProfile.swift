package import ApplianceSpec
import Diagnostics

/// What Stonebake knows of one release of a distribution: where its packages are, and what a machine needs at least
/// to boot in a cloud.
package struct DistributionProfile: Sendable {
    package let name: String
    package let release: String
    /// What inspect-os and the report call it: 13.
    package let majorVersion: Int
    /// The distribution's own repositories, in order.
    package let repositories: [Repository]
    /// Besides Essential and required: kernel, init, boot loaders for every firmware, network, cloud-init, ssh.
    package let base: [String]
    /// What builds the disk: mke2fs that reads a tar from standard input (1.47.2), FAT tools.
    package let tools: [String]
    /// Added to `tools` where another format than the raw disk is written: qemu-img, whose zstd decides the bytes.
    package let formatTools: [String]
    /// Added to `tools` where a raw disk is compressed by zstd, for the same reason.
    package let zstdTools = ["zstd"]
    /// Added to `tools` where a Python environment is locked or made.
    package let pythonTools: [String]
    package let toolRepositories: [Repository]

    /// Nil for a release that is not known.
    package static func named(_ name: String, release: String, architecture: Architecture) -> DistributionProfile? {
        guard name == "debian" else { return nil }
        return switch release {
        case "trixie": debian(release: "trixie", majorVersion: 13, architecture: architecture)
        case "bookworm": debian(release: "bookworm", majorVersion: 12, architecture: architecture)
        default: nil
        }
    }

    private static func debian(
        release: String, majorVersion: Int, architecture: Architecture
    ) -> DistributionProfile {
        let repositories = [
            repository("debian", suite: release),
            repository("debian", suite: "\(release)-updates"),
            repository("debian-security", suite: "\(release)-security"),
        ]
        // bookworm's mke2fs (1.47.0) does not read a tar; the one in its backports does.
        let needsBackports = majorVersion < 13
        let backports = repository("debian", suite: "\(release)-backports")
        return DistributionProfile(
            name: "debian", release: release, majorVersion: majorVersion, repositories: repositories,
            base: basePackages(architecture),
            // mke2fs opens libarchive by itself (no Depends says so), and needs a UTF-8 locale for names in a tar.
            tools: [
                needsBackports ? "e2fsprogs/\(release)-backports" : "e2fsprogs",
                needsBackports ? "libarchive13" : "libarchive13t64", "base-files", "libc-bin", "dash", "coreutils",
                "dosfstools", "mtools",
            ],
            formatTools: ["qemu-utils"],
            pythonTools: ["python3", "python3-pip-whl"],
            toolRepositories: repositories + (needsBackports ? [backports] : []))
    }

    /// Added to `tools` where the spec divides its disks: what writes and checks the filesystems that it names.
    package func storageTools(for plan: StoragePlan) -> [String] {
        let formats = Set(plan.filesystems.map(\.settings.format))
        var tools: [String] = []
        if formats.contains(.xfs) { tools.append("xfsprogs") }
        // --subvol, which makes subvolumes out of folders, came with 6.12.
        if formats.contains(.btrfs) {
            tools += [majorVersion < 13 ? "btrfs-progs/\(release)-backports" : "btrfs-progs", "tar"]
        }
        if plan.hasThinPools { tools.append("thin-provisioning-tools") }
        return tools
    }

    private static func basePackages(_ architecture: Architecture) -> [String] {
        let common = [
            "apt", "ca-certificates", "cloud-guest-utils", "cloud-init", "dbus", "initramfs-tools", "iproute2",
            "libpam-systemd", "locales", "netplan.io", "openssh-server", "procps", "python3", "sudo", "systemd",
            "systemd-resolved", "systemd-sysv", "systemd-timesyncd", "tzdata", "udev", "zstd",
        ]
        return switch architecture {
        case .amd64:
            // GRUB for both firmwares, signed, and kept installed by its triggers: see BootConfiguration.
            common + ["grub-cloud-amd64", "linux-image-cloud-amd64"]
        case .arm64:
            common + [
                "grub-efi-arm64-bin", "grub-efi-arm64-signed", "grub2-common", "linux-image-cloud-arm64",
                "shim-signed",
            ]
        }
    }

    private static func repository(_ archive: String, suite: String) -> Repository {
        Repository(
            id: "\(archive)/\(suite)", origin: .archive(archive), suite: Located(suite), components: ["main"])
    }
}
