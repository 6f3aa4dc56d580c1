package import ApplianceSpec

/// What the tree must hold so that its disk boots, and goes on booting when the running system upgrades its kernel or
/// its GRUB. Pure texts: the configuration step writes `files`, then runs `script` in the tree.
///
/// The packages that belong to it, on Debian 12 and 13: `grub-cloud-amd64` (it brings grub-pc-bin,
/// grub-efi-amd64-bin, grub-efi-amd64-signed, shim-signed and grub2-common). Its trigger runs grub-install for both
/// firmwares when GRUB or shim is upgraded in the running system, provided that `/etc/grub.d/enable_cloud` is there;
/// that file must not be there while packages are configured in the build, where no disk is. A new kernel runs
/// update-grub by `/etc/kernel/postinst.d/zz-update-grub`, which reads the settings in `/etc/default/grub.d`.
package struct BootConfiguration: Sendable {
    package struct File: Sendable, Equatable {
        /// Absolute path in the image.
        package var path: String
        package var text: String
        /// Permission bits.
        package var mode: UInt16
    }

    package let firmware: [DiskSettings.Firmware]
    package let architecture: Architecture
    package let identity: DiskIdentity
    /// The release string of the kernel to boot: `6.12.57+deb13-cloud-amd64`.
    package let kernel: String
    /// Added to the kernel's command line after the consoles.
    package let kernelArguments: [String]
    package let menu: BootLoaderSettings
    /// Nil: the standard layout.
    package let storage: StoragePlan?
    /// Modules that the initramfs has to hold, whatever machine it is made on.
    package let initramfsModules: [String]

    package init(
        firmware: [DiskSettings.Firmware], architecture: Architecture, identity: DiskIdentity, kernel: String,
        kernelArguments: [String], menu: BootLoaderSettings = BootLoaderSettings(), storage: StoragePlan? = nil,
        initramfsModules: [String] = []
    ) {
        self.initramfsModules = initramfsModules
        self.menu = menu
        self.storage = storage
        self.firmware = firmware
        self.architecture = architecture
        self.identity = identity
        self.kernel = kernel
        self.kernelArguments = kernelArguments
    }

    /// Seconds that the menu waits, for someone at the console to choose another kernel.
    package var timeout: Int { menu.timeout ?? 1 }
    /// GRUB's name for the place of its modules, relative to the disk it was started from; root is always number 1.
    package static let prefix = "(,gpt1)/boot/grub"
    package static let serialSpeed = 115_200

    package var files: [File] {
        [
            File(path: "/boot/grub/grub.cfg", text: grubConfiguration, mode: 0o600),
            File(path: "/boot/grub/grubenv", text: Self.emptyEnvironment, mode: 0o600),
            File(path: "/etc/default/grub.d/50-stonebake.cfg", text: grubDefaults, mode: 0o644),
            File(path: "/etc/grub.d/enable_cloud", text: "", mode: 0o644),
            File(path: "/etc/fstab", text: fileSystemTable, mode: 0o644),
        ]
            + (menu.password == nil
                ? []
                : [
                    File(path: "/etc/grub.d/01_stonebake_password", text: passwordScript, mode: 0o700)
                ]) + storageFiles + moduleFiles + rootDelayFiles
    }

    /// initramfs-tools(7) reads the lists of this folder besides its own.
    private var moduleFiles: [File] {
        guard !initramfsModules.isEmpty else { return [] }
        let text = "# Made by Stonebake: what this image's targets find their disks by.\n"
        return [
            File(
                path: "/usr/share/initramfs-tools/modules.d/stonebake",
                text: text + initramfsModules.map { "\($0)\n" }.joined(), mode: 0o644)
        ]
    }

    /// `rootdelay=` is how long root is waited for. Debian's initramfs takes it so in its loop (scripts/local), and sleeps that
    /// long besides before it looks at all (init): five minutes at every start with what Azure recommends. A script of ours
    /// takes the variable away before that, and another gives it back for the loop.
    private var rootDelayFiles: [File] {
        guard Self.hasRootDelay(kernelArguments) else { return [] }
        func script(_ name: String, _ body: String) -> File {
            File(
                path: "/usr/share/initramfs-tools/scripts/\(name)/stonebake-rootdelay",
                text: "#!/bin/sh\n# Made by Stonebake: rootdelay= is a limit, and no pause.\n"
                    + "[ \"$1\" != prereqs ] || exit 0\n\(body)\n",
                mode: 0o755)
        }
        return [
            script("init-top", "echo ROOTDELAY= >>/conf/param.conf"),
            script(
                "init-premount",
                """
                for argument in $(cat /proc/cmdline); do
                    case $argument in
                    rootdelay=*[!0-9]*) ;;
                    rootdelay=?*) echo "ROOTDELAY=${argument#rootdelay=}" >>/conf/param.conf ;;
                    esac
                done
                """),
        ]
    }

    package static func hasRootDelay(_ kernelArguments: [String]) -> Bool {
        kernelArguments.contains { $0.hasPrefix("rootdelay=") }
    }

    /// With a password, only `root` may change an entry or get a shell of GRUB's; every entry still boots by itself.
    private var passwordLines: String {
        menu.password.map { "set superusers=root\npassword_pbkdf2 root \($0)\n" } ?? ""
    }

    /// What grub-mkconfig runs for a menu of its own.
    private var passwordScript: String {
        """
        #!/bin/sh
        # Made by Stonebake: the boot loader's password.
        cat <<'END'
        \(passwordLines)END

        """
    }

    private var storageFiles: [File] {
        guard let storage else { return [] }
        var files: [File] = []
        if let table = storage.cryptTable { files.append(File(path: "/etc/crypttab", text: table, mode: 0o600)) }
        if let format = storage.initramfsFormat {
            // As the base system's has it for the standard layout: there is no disk to ask for the checker that it needs.
            files.append(
                File(
                    path: "/etc/initramfs-tools/conf.d/stonebake", text: "FSTYPE=\(format)\nRESUME=none\n", mode: 0o644)
            )
        }
        if let growth = storage.growthScript {
            files.append(File(path: StoragePlan.growthProgram, text: growth, mode: 0o755))
            files.append(
                File(
                    path: "/etc/systemd/system/\(StoragePlan.growthUnit)", text: StoragePlan.growthUnitText, mode: 0o644
                ))
        }
        return files
    }

    /// Whether the initramfs that the packages have made lacks something that these files ask for.
    package var changesInitramfs: Bool {
        !initramfsModules.isEmpty || Self.hasRootDelay(kernelArguments)
            || storage.map { $0.initramfsFormat != nil || $0.cryptTable != nil } ?? false
    }

    /// By UUID: the same on every controller and cloud.
    package var fileSystemTable: String {
        if let storage { return storage.fileSystemTable }
        var lines = ["# <file system> <mount point> <type> <options> <dump> <pass>"]
        lines.append("UUID=\(identity.rootUUID) / ext4 rw,discard,errors=remount-ro,x-systemd.growfs 0 1")
        if firmware.contains(.uefi) {
            // Not needed to run, so that a damaged ESP never keeps the system from coming up.
            lines.append("UUID=\(identity.espSerial) /boot/efi vfat umask=0077,nofail 0 2")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Screen and serial line both show the kernel; /dev/console is the last, the serial line.
    package var commandLine: [String] {
        // The kernel keeps the options of the first that names a console.
        let speeds = kernelArguments.contains { $0.hasPrefix("console=ttyS0,") }
        return ["console=tty0"] + (speeds ? [] : ["console=ttyS0,\(Self.serialSpeed)"]) + ["consoleblank=0"]
            + kernelArguments
    }

    /// `/boot/grub/grub.cfg` for the first boot; update-grub writes its own later. grub-mkconfig cannot write it during
    /// the build, because it asks the disk that / lies on.
    package var grubConfiguration: String {
        let root = identity.rootUUID
        let place = bootPlace
        let loading = place.modules.map { "insmod \($0)" }.joined(separator: "\n")
        let arguments = (rootArguments + ["ro"]).map(Self.quotedForGRUB).joined(separator: " ")
        let more = commandLine.map(Self.quotedForGRUB).joined(separator: " ")
        return """
            # Made by Stonebake for the first boot. update-grub replaces it when a kernel is installed or removed;
            # the settings it reads are in /etc/default/grub.d/50-stonebake.cfg.
            if [ -s $prefix/grubenv ]; then
              load_env
            fi
            set default=0
            set timeout=\(timeout)
            \(loading)
            search --no-floppy --fs-uuid --set=root \(place.uuid)
            insmod serial
            if serial --unit=0 --speed=\(Self.serialSpeed); then
              terminal_input console serial
              terminal_output console serial
            fi
            \(passwordLines)menuentry 'Debian GNU/Linux' \(menu.password == nil ? "" : "--unrestricted ")--class debian --class gnu-linux --class os --id gnulinux-simple-\(root) {
              insmod gzio
              linux \(place.folder)/vmlinuz-\(kernel) \(arguments) \(more)
              initrd \(place.folder)/initrd.img-\(kernel)
            }
            menuentry 'Debian GNU/Linux (recovery mode)' --class debian --class gnu-linux --class os --id gnulinux-recovery-\(root) {
              insmod gzio
              linux \(place.folder)/vmlinuz-\(kernel) \(arguments) single \(more)
              initrd \(place.folder)/initrd.img-\(kernel)
            }

            """
    }

    private var bootPlace: StoragePlan.BootPlace {
        storage?.bootPlace
            ?? .init(device: "(,gpt1)", folder: "/boot", uuid: identity.rootUUID, modules: ["part_gpt", "ext2"])
    }

    private var rootArguments: [String] { storage?.rootArguments ?? ["root=UUID=\(identity.rootUUID)"] }

    /// Read by grub-mkconfig after `/etc/default/grub`; a shell fragment.
    package var grubDefaults: String {
        """
        # Made by Stonebake: how this image boots. Run update-grub after changing it.
        GRUB_TIMEOUT=\(timeout)
        GRUB_CMDLINE_LINUX_DEFAULT=""
        GRUB_CMDLINE_LINUX=\(Self.quotedForShell(commandLine.joined(separator: " ")))
        GRUB_TERMINAL="console serial"
        GRUB_SERIAL_COMMAND="serial --unit=0 --speed=\(Self.serialSpeed)"
        GRUB_DISABLE_OS_PROBER=true

        """
    }

    /// Runs in the tree with /bin/sh, after the packages are configured and before times are clamped: what grub-install
    /// does to /boot/grub, with the image's own GRUB so that core image and modules are of one version.
    package var script: String {
        var lines = ["set -eu", "mkdir -p /boot/grub /boot/efi"]
        if menu.password != nil {
            // Otherwise the entries of update-grub could not be booted without the password.
            lines.append("sed -i 's/^CLASS=\"--class/CLASS=\"--unrestricted --class/' /etc/grub.d/10_linux")
        }
        let mounts = storage?.mountPoints ?? []
        if !mounts.isEmpty { lines.append("mkdir -p -- \(mounts.map(Self.quotedForShell).joined(separator: " "))") }
        if storage?.growthScript != nil {
            let wants = "/etc/systemd/system/multi-user.target.wants"
            lines.append("mkdir -p \(wants); ln -sf ../\(StoragePlan.growthUnit) \(wants)/\(StoragePlan.growthUnit)")
        }
        let place = bootPlace
        let prefix = storage == nil ? Self.prefix : "\(place.device)\(place.folder)/grub"
        let modules = (["biosdisk"] + place.modules).joined(separator: " ")
        let wanted = (firmware.contains(.bios) ? ["i386-pc"] : []) + (firmware.contains(.uefi) ? [efiPlatform] : [])
        lines += wanted.flatMap(Self.copyModules)
        let others = Self.platforms.filter { !wanted.contains($0) }.map { "/boot/grub/\($0)" }
        lines.append("rm -rf \(others.joined(separator: " "))")
        if firmware.contains(.bios) {
            lines += [
                "cp -p /usr/lib/grub/i386-pc/boot.img /boot/grub/i386-pc/boot.img",
                "grub-mkimage --directory=/usr/lib/grub/i386-pc --format=i386-pc --prefix='\(prefix)'"
                    + " --output=/boot/grub/i386-pc/core.img \(modules)",
            ]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private var efiPlatform: String { architecture == .amd64 ? "x86_64-efi" : "arm64-efi" }

    private static let platforms = ["i386-pc", "x86_64-efi", "arm64-efi"]

    /// Runs in the base system with /bin/sh: the modules are a thousand files, the same for all that stands on it. What
    /// comes later, `script` adds, and removes what is for firmware that is not wanted.
    package static let baseScript =
        platforms.map { "if [ -d /usr/lib/grub/\($0) ]; then \(copyModules($0).joined(separator: "; ")); fi" }
        .joined(separator: "\n") + "\n"

    /// What grub-install copies for a platform.
    private static func copyModules(_ platform: String) -> [String] {
        [
            "mkdir -p /boot/grub/\(platform)",
            "cp -pu /usr/lib/grub/\(platform)/*.mod /usr/lib/grub/\(platform)/*.lst /boot/grub/\(platform)/",
        ]
    }

    /// `EFI/debian/grub.cfg` on the ESP, where signed GRUB looks (its prefix is built in): it finds root and goes on there.
    ///
    /// - Parameters:
    ///   - rootUUID: of the filesystem that holds /boot
    ///   - folder: the path of /boot in it
    package static func efiConfiguration(rootUUID: String, folder: String = "/boot") -> String {
        """
        search.fs_uuid \(rootUUID) root
        set prefix=($root)'\(folder)/grub'
        configfile $prefix/grub.cfg

        """
    }

    /// An empty GRUB environment block: 1,024 bytes, as grub-editenv(1) makes it.
    static let emptyEnvironment: String = {
        let head =
            "# GRUB Environment Block\n"
            + "# WARNING: Do not edit this file by tools other than grub-editenv!!!\n"
        return head + String(repeating: "#", count: 1024 - head.utf8.count)
    }()

    /// One word of a GRUB script; as in a shell, nothing is special between single quotes.
    static func quotedForGRUB(_ word: String) -> String {
        let safe = word.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || "-_./:=,+@%".utf8.contains(byte)
        }
        return safe && !word.isEmpty ? word : quotedForShell(word)
    }

    static func quotedForShell(_ word: String) -> String {
        "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
