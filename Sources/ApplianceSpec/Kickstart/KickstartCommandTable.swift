/// What becomes of every command, in general: the table of docs/kickstart.md, and the reasons for what is not applied.
package enum KickstartCommandTable {
    package enum Meaning: String, Sendable, CaseIterable {
        case applied
        case noOp = "no-op"
        case refused = "error"
    }

    package struct Row: Sendable {
        /// All names of the command.
        package var names: [String]
        package var meaning: Meaning
        /// What it becomes, or why it does not.
        package var text: String
        /// What to write instead.
        package var hint: String?
    }

    package static func row(named name: String) -> Row? { rows.first { $0.names.contains(name) } }

    private static func applied(_ names: String, _ text: String) -> Row {
        Row(names: names.split(separator: " ").map(String.init), meaning: .applied, text: text)
    }

    private static func noOp(_ names: String, _ text: String) -> Row {
        Row(names: names.split(separator: " ").map(String.init), meaning: .noOp, text: text)
    }

    private static func refused(_ names: String, _ text: String, _ hint: String) -> Row {
        Row(names: names.split(separator: " ").map(String.init), meaning: .refused, text: text, hint: hint)
    }

    /// By name.
    package static let rows: [Row] = (storage + sources + system + installer).sorted { $0.names[0] < $1.names[0] }

    private static let storage = [
        applied(
            "part partition",
            "`disk.partitions`; each disk that `--ondisk` names is an image of its own. `--onpart`, `--noformat` and "
                + "`--resize` are errors; what a `%pre` makes with parted is recognised"),
        applied("volgroup", "`disk.volume-groups`"),
        applied("logvol", "`disk.volume-groups.volumes`; caches are an error"),
        applied("btrfs", "`disk.btrfs`, with subvolumes"),
        applied("reqpart", "nothing: what BIOS and UEFI need is always made; `--add-boot`: a partition for /boot"),
        applied("autopart", "`disk.automatic`"),
        noOp("clearpart", "the disks of an image are made new; a `--disklabel` other than gpt is an error"),
        noOp("zerombr", "the disks of an image are made new"),
        noOp("ignoredisk", "the disks of an image are those that its partitions name"),
        refused(
            "raid", "software RAID is of no use in an image: a cloud's disks are mirrored below it",
            "write a partition or a logical volume in its place"),
        refused(
            "mount", "a device would have to be there already, and the disks of an image are made new",
            "write 'part MOUNTPOINT --size=MIB'"),
        refused(
            "snapshot", "a snapshot of a system that was never started is the system itself",
            "leave the line out: the image is what a machine goes back to"),
        refused(
            "dmraid", "an image is not made for one machine's disks", "leave the line out"),
        refused("multipath", "an image is not made for one machine's disks", "leave the line out"),
        refused(
            "fcoe iscsi iscsiname nvdimm zfcp",
            "an image is made on disks of its own, not on a network's or a machine's",
            "leave the line out; the machine can attach such disks when it runs"),
    ]

    private static let sources = [
        applied(
            "url",
            "`distribution`: `archive:debian/trixie`; the address of an rpm repository is kept as `rpm-repositories`, "
                + "and is an error"),
        applied(
            "repo",
            "`repositories`: `archive:…` or `apt+https://…`, with cost, includepkgs and excludepkgs; the address of "
                + "an rpm repository is kept as `rpm-repositories`, and is an error"),
        refused(
            "cdrom harddrive hmc method nfs", "packages come from archives, which `url` names",
            "write 'url --url=archive:debian/trixie'"),
        refused(
            "liveimg", "an image is made of packages, not of another image", "write 'url --url=archive:debian/trixie'"),
        refused(
            "ostreesetup ostreecontainer bootc", "an image is made of packages, not of an OSTree or container",
            "write 'url --url=archive:debian/trixie'"),
        refused(
            "module", "Debian's packages have no modules", "name a version ('name=version') or a suite in %packages"),
        noOp("install", "an image is always made new"),
        refused("upgrade", "an image is always made new", "leave the line out"),
        noOp("updates", "there is no installer to be updated"),
        noOp("driverdisk device deviceprobe", "there is no installer that would need drivers"),
    ]

    private static let system = [
        applied("lang langsupport", "`locale`, `locales`"),
        applied("keyboard", "`keyboard`, by X's layouts; console keymaps are translated"),
        applied("timezone", "`timezone`, `time`"),
        applied("timesource", "`time`"),
        applied(
            "rootpw",
            "`root`: a hash, or a plain password, which is hashed with yescrypt when the file is read; `--lock`"),
        applied("user", "`users`; the group wheel is Debian's sudo"),
        applied("group", "`groups`"),
        applied("sshkey", "`users.ssh-keys`, `root.ssh-keys`"),
        applied("network", "`network`, `hostname`; bonds, bridges, VLANs and wireless are errors"),
        applied("firewall", "`firewall`: nftables, or firewalld where %packages asks for it"),
        applied("selinux", "`selinux`"),
        applied("services", "`services.enable`, `services.disable`"),
        applied("firstboot", "`--disable`: systemd-firstboot.service is masked; `--enable` is an error"),
        applied("skipx", "`services.boot-target: multi-user.target`"),
        applied("xconfig", "`--startxonboot`: `services.boot-target: graphical.target`"),
        applied(
            "bootloader", "`kernel-arguments`, `boot-loader`; `--location=none` and other loaders than GRUB are errors"),
        noOp(
            "auth authconfig",
            "Debian keeps hashes in /etc/shadow and makes them with yescrypt by itself; anything else is an error"),
        refused(
            "authselect", "accounts are looked up as Debian's PAM is set up",
            "set it up in a %post script, with pam-auth-update"),
        refused(
            "realm", "a machine joins a domain when it runs; an image would share the membership with all its copies",
            "join at the first boot, with cloud-init"),
        refused("rhsm syspurpose", "there is no subscription for Debian", "leave the line out"),
        refused("zipl", "images are for amd64 and arm64", "leave the line out"),
        noOp("monitor mouse", "X finds them by itself"),
    ]

    private static let installer = [
        noOp("cmdline graphical text", "there is no installer to be seen"),
        noOp("halt poweroff reboot shutdown", "a build ends by itself; no machine runs"),
        noOp("autostep interactive vnc rdp", "there is no installer that a person could step through"),
        noOp("eula", "there is nothing to agree to"),
        noOp("key", "there is no installation number"),
        noOp("lilo lilocheck", "images are started by GRUB"),
        noOp("logging", "a build has a log of its own, in the store"),
        noOp("mediacheck", "there is no medium; every package is checked by its digest"),
        noOp("sshpw", "there is no installer to log in to; accounts of the machine are `user` and `rootpw`"),
        noOp("unsupported_hardware", "there is no hardware that could be refused"),
        refused("rescue", "an image is made, and no machine is there to be rescued", "leave the line out"),
    ]
}
