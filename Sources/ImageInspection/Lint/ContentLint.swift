package import ApplianceSpec
package import FileTrees

/// Looks at what is on the disk of an image: what would make two machines the same one, what would keep it from booting or
/// from being reached where it is to run, what was left behind, and what must not be given away.
package struct ContentLint {
    private let disk: DiskContents
    private let targets: [Target]
    private let cancelled: CancellationFlag

    /// - Parameter targets: where it is to run; empty: what can be said of any image
    package init(_ disk: DiskContents, targets: [Target], cancelled: CancellationFlag) {
        self.disk = disk
        self.targets = targets
        self.cancelled = cancelled
    }

    /// - Throws: `InspectionError`, `HostError`, `CancellationError`.
    package func findings() throws -> [LintFinding] {
        var found = LintFindings()
        for problem in disk.table.problems {
            found.error(
                "partition-table", "the partition table: \(problem)", why: "firmware and kernel may read another one",
                source: "UEFI Specification, GUID Partition Table", remedy: "sgdisk --verify; write the table anew")
        }
        let tree = try ImageTree(disk)
        for part in tree.unread {
            found.warning(
                "contents-not-read", "nothing of what is on \(part) was looked at",
                why: "what is encrypted is not opened, and what is damaged cannot be", source: "docs/lint.md",
                remedy: "look at the disk before it is encrypted")
        }
        guard !tree.isEmpty else {
            if tree.unread.isEmpty {
                found.warning(
                    "contents-not-read", "no root filesystem was found, so that no system was looked at",
                    why: "nothing on the disk has an /etc/os-release or an /etc/fstab", source: "docs/lint.md",
                    remedy: "put a system on it, or look at the disk that has one")
            }
            try SecretLint(tree: tree, cancelled: cancelled).check(&found)
            return found.findings
        }
        try IdentityLint(tree: tree).check(&found)
        try cancelled.check()
        try AccountLint(tree: tree).check(&found)
        let initramfs = InitramfsDrivers(tree)
        for target in targets.isEmpty ? [nil] : targets.map({ $0 }) {
            try cancelled.check()
            try BootLint(tree: tree, disk: disk, target: target).check(&found)
            try PlatformLint(tree: tree, disk: disk, target: target, initramfs: initramfs).check(&found)
        }
        try SecretLint(tree: tree, cancelled: cancelled).check(&found)
        // What several targets have in common is said once.
        var seen: Set<String> = []
        return found.findings.filter { seen.insert("\($0.code) \($0.message)").inserted }
    }
}

/// What makes a machine that machine, and what a build or a trial run leaves behind.
struct IdentityLint {
    let tree: ImageTree

    func check(_ found: inout LintFindings) throws {
        try identity(&found)
        leftovers(&found)
        try names(&found)
    }

    private func identity(_ found: inout LintFindings) throws {
        if let id = try tree.text("etc/machine-id")?.split(separator: "\n").first, id != "uninitialized", !id.isEmpty {
            found.error(
                "machine-id", "/etc/machine-id holds an identity",
                why: "all machines of the image get the same address by DHCP, and one journal",
                source: LintSource.images, remedy: "empty it: : >/etc/machine-id")
        }
        if let file = tree["var/lib/dbus/machine-id"], file.kind == .file, file.size > 0 {
            found.error(
                "machine-id", "/var/lib/dbus/machine-id holds an identity", why: "D-Bus keeps it for the machine's",
                source: LintSource.images, remedy: "remove it, or link it to /etc/machine-id")
        }
        let unique: [(path: String, code: String, what: String)] = [
            ("var/lib/systemd/random-seed", "random-seed", "a seed of the random number generator"),
            ("var/lib/systemd/credential.secret", "credential-secret", "the key of systemd's credentials"),
            ("var/lib/rabbitmq/.erlang.cookie", "erlang-cookie", "RabbitMQ's cookie"),
            ("etc/munge/munge.key", "munge-key", "MUNGE's key"),
            ("etc/ssl/private/ssl-cert-snakeoil.key", "snakeoil-key", "the key of ssl-cert's certificate"),
            ("etc/hostid", "hostid", "a host's number"), ("etc/nvme/hostid", "nvme-hostid", "NVMe's host number"),
            ("etc/iscsi/initiatorname.iscsi", "iscsi-initiator", "iSCSI's name of the machine"),
        ]
        for item in unique where (tree[item.path]?.size ?? 0) > 0 {
            found.error(
                item.code, "/\(item.path) holds \(item.what)", why: "every machine of the image would have the same",
                source: LintSource.images, remedy: "remove it; it is made at the first boot")
        }
        for file in tree.files where file.kind == .file {
            if file.path.hasPrefix("etc/ssh/ssh_host_"), !file.path.hasSuffix(".pub") {
                found.error(
                    "ssh-host-key", "/\(file.path) is a host key",
                    why: "who has the image can pass for every machine of it",
                    source: LintSource.debian, remedy: "remove it; cloud-init makes new ones at the first boot")
            }
            if file.path.holds("puppet") && file.path.holds("/ssl/"),
                ["private_keys", "ca_key.pem"].contains(where: file.path.holds)
            {
                found.error(
                    "puppet-key", "/\(file.path) is a key of Puppet",
                    why: "every machine of the image would be the same node",
                    source: LintSource.debian, remedy: "remove Puppet's ssl folder")
            }
        }
    }

    private static let histories: Set<String> = [
        ".bash_history", ".ash_history", ".zsh_history", ".sh_history", ".python_history", ".lesshst", ".wget-hsts",
        ".viminfo", ".mysql_history", ".psql_history", ".sqlite_history", ".rediscli_history", ".node_repl_history",
    ]

    private static let emptyFolders = [
        "proc", "run", "sys", "tmp", "var/tmp", "var/lib/apt/lists", "var/cache/apt/archives",
    ]

    private func leftovers(_ found: inout LintFindings) {
        for folder in Self.emptyFolders {
            let files = tree.below(folder).filter { ![.directory].contains($0.kind) && !$0.path.hasSuffix("/lock") }
            if let first = files.first {
                found.warning(
                    "leftover-files",
                    "/\(folder) holds \(files.count) files: /\(first.path)\(files.count > 1 ? ", …" : "")",
                    why: "they are of the machine that built the image, and take space in all of them",
                    source: LintSource.images,
                    remedy: "empty the folder")
            }
        }
        let logs = tree.below("var/log").filter { $0.kind == .file && $0.size > 0 }
        if let first = logs.first {
            found.warning(
                "leftover-logs", "/var/log holds \(logs.count) logs: /\(first.path)\(logs.count > 1 ? ", …" : "")",
                why: "they tell of the machine that built the image", source: LintSource.debian,
                remedy: "empty /var/log")
        }
        for file in tree.files where file.kind == .file && file.size > 0 {
            let name = file.path.lastComponent
            if Self.histories.contains(name) {
                found.error(
                    "shell-history", "/\(file.path) is somebody's history",
                    why: "commands hold passwords and names of machines",
                    source: LintSource.debian, remedy: "remove it")
            }
            let isLease = file.path.hasPrefix("var/lib/dhcp") || file.path.hasPrefix("var/lib/NetworkManager")
            if isLease, name.contains("leas") {
                found.warning(
                    "dhcp-lease", "/\(file.path) is a lease", why: "a machine may ask for another's address",
                    source: LintSource.debian, remedy: "remove it")
            }
        }
        if tree["var/lib/cloud/instance"] != nil || tree["var/lib/cloud/data/instance-id"] != nil {
            found.error(
                "cloud-init-ran", "cloud-init has run in this image", why: "it keeps the first machine's name and keys",
                source: "cloud-init, cloud-init clean", remedy: "cloud-init clean --logs --machine-id")
        }
    }

    private func names(_ found: inout LintFindings) throws {
        let name = try tree.text("etc/hostname")?.split(separator: "\n").first.map(String.init) ?? ""
        if !name.isEmpty, name != "localhost" {
            found.warning(
                "hostname", "/etc/hostname says '\(name)'", why: "all machines of the image begin with the same name",
                source: LintSource.debian, remedy: "empty it; the cloud gives the name")
        }
        if tree["etc/mailname"] != nil {
            found.warning(
                "mailname", "/etc/mailname is there", why: "mail leaves under the building machine's name",
                source: LintSource.debian, remedy: "remove it")
        }
        if let file = tree["etc/resolv.conf"], file.kind == .file, file.size > 0 {
            found.warning(
                "resolv-conf", "/etc/resolv.conf is a file", why: "the building machine's name servers stay",
                source: LintSource.debian, remedy: "remove it, or link it to /run/systemd/resolve/stub-resolv.conf")
        }
    }
}
