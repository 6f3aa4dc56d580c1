import ApplianceSpec
import Diagnostics
import FileTrees

/// What one platform, or any, needs of the guest: drivers, data source, network, agent, layout.
struct PlatformLint {
    let tree: ImageTree
    let disk: DiskContents
    let target: Target?
    let initramfs: InitramfsDrivers

    func check(_ found: inout LintFindings) throws {
        // A container has the network and the clock of the machine that it runs on.
        guard target.map(\.profile.isBootable) ?? true else { return }
        try network(&found)
        try drivers(&found)
        try dataSource(&found)
        agents(&found)
        layout(&found)
    }

    // MARK: Drivers

    /// What a general image should start on.
    private static let usual = [
        "virtio_blk", "virtio_scsi", "virtio_net", "nvme", "ena", "hv_vmbus", "hv_storvsc", "hv_netvsc", "vmw_pvscsi",
        "vmxnet3", "xen-blkfront",
    ]

    private func drivers(_ found: inout LintFindings) throws {
        let wanted = target?.profile.guest.drivers ?? Self.usual
        guard !wanted.isEmpty else { return }
        for image in try initramfs.images() {
            guard let present = image.drivers else {
                found.broken(
                    "initramfs-damaged", "the initramfs of \(image.version) cannot be read",
                    source: "initramfs-tools(7)")
                continue
            }
            let version = image.version
            let missing = wanted.filter { !present.contains($0.replacing("-", with: "_")) }
            guard !missing.isEmpty else { continue }
            found.add(
                target == nil ? .warning : .error, "initramfs-drivers",
                "the initramfs of \(version) lacks \(missing.joined(separator: ", "))",
                why: target.map { "\($0.profile.title) has the disk and the network behind them" }
                    ?? "the platforms that have their disks behind them do not start it",
                source: target?.profile.source ?? LintSource.debian,
                remedy: "add them to /etc/initramfs-tools/modules, update-initramfs -u")
        }
    }

    // MARK: cloud-init

    private func dataSource(_ found: inout LintFindings) throws {
        let configuration = tree.files.filter {
            ($0.path == "etc/cloud/cloud.cfg" || $0.path.hasPrefix("etc/cloud/cloud.cfg.d/"))
                && $0.path.hasSuffix(".cfg")
        }
        guard !configuration.isEmpty else {
            if let wanted = target?.profile.guest.dataSources, !wanted.isEmpty, wanted != ["None"] {
                found.warning(
                    "no-cloud-init", "there is no cloud-init",
                    why: "nothing takes keys and user data from the platform",
                    source: target?.profile.source ?? LintSource.debian, remedy: "install cloud-init")
            }
            return
        }
        var list: [String]?
        for file in configuration {
            let text = try tree.text(file.path) ?? ""
            if let found = Self.list(text) { list = found }
        }
        guard let list else {
            if target != nil {
                found.warning(
                    "data-source-list", "cloud-init has no list of its data sources",
                    why: "it tries all of them, which takes time, or takes the wrong one",
                    source: "cloud-init, datasource_list",
                    remedy: "datasource_list: [\(target?.profile.guest.dataSources.joined(separator: ", ") ?? "")]")
            }
            return
        }
        guard let target else { return }
        let guest = target.profile.guest
        if !guest.dataSources.isEmpty, !guest.dataSources.contains(where: list.contains) {
            found.error(
                "data-source", "cloud-init's list has none of \(guest.dataSources.joined(separator: ", "))",
                why: "on \(target.profile.title) the machine gets neither keys nor user data",
                source: target.profile.source,
                remedy: "add \(guest.dataSources[0]) to datasource_list")
        }
        for late in guest.lateDataSources {
            if let place = list.firstIndex(of: late), let own = list.firstIndex(where: guest.dataSources.contains),
                place < own
            {
                found.error(
                    "data-source-order", "'\(late)' stands before '\(list[own])'",
                    why: "droplets come up without network or keys",
                    source: target.profile.source, remedy: "put '\(late)' behind it")
            }
        }
    }

    /// `datasource_list: [A, B]`, or a list of lines.
    static func list(_ text: String) -> [String]? {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard let index = lines.firstIndex(where: { $0.hasPrefix("datasource_list:") }) else { return nil }
        let rest = lines[index].dropFirst("datasource_list:".utf8.count).prefix { $0 != "#" }
        let separators: Set<Character> = ["[", "]", ",", " ", "\"", "'", "\t"]
        let inline = rest.split { separators.contains($0) }.map(String.init)
        if !inline.isEmpty { return inline }
        return lines[(index + 1)...].prefix { $0.drop { $0 == " " }.hasPrefix("-") }.compactMap {
            $0.split { separators.contains($0) || $0 == "-" }.first.map(String.init)
        }
    }

    // MARK: Network

    private func network(_ found: inout LintFindings) throws {
        for path in ["etc/udev/rules.d/70-persistent-net.rules", "etc/udev/rules.d/75-persistent-net-generator.rules"]
        where (tree[path]?.size ?? 0) > 0 {
            found.error(
                "mac-rules", "/\(path) names cards by their addresses",
                why: "a new machine has a new address, and its card another name",
                source: "OpenStack, Image guide", remedy: "remove it")
        }
        let files = tree.files.filter { file in
            [
                "etc/netplan/", "etc/systemd/network/", "etc/NetworkManager/system-connections/",
                "etc/network/interfaces", "etc/sysconfig/network-scripts/ifcfg-",
            ]
            .contains(where: file.path.hasPrefix) && file.kind == .file
        }
        var asksDHCP = tree["usr/bin/cloud-init"] != nil
        for file in files {
            let text = try tree.text(file.path)?.lowercased() ?? ""
            if text.contains("dhcp") || text.contains("method=auto") || text.contains("source") { asksDHCP = true }
            if text.contains("macaddress:") || text.contains("hwaddr=") || text.contains("\nmacaddress=") {
                found.error(
                    "mac-address", "/\(file.path) is for one card's address",
                    why: "a new machine has a new one, and no network",
                    source: "OpenStack, Image guide", remedy: "match by name, or leave the network to cloud-init")
            }
        }
        if !asksDHCP {
            found.add(
                target == nil ? .warning : .error, "no-dhcp", "nothing asks for an address by DHCP",
                why: "a cloud gives it so",
                source: target?.profile.source ?? LintSource.debian,
                remedy: "install cloud-init, or configure DHCP on every card")
        }
        let clocks = [
            "usr/lib/systemd/systemd-timesyncd", "usr/sbin/chronyd", "usr/sbin/ntpd", "lib/systemd/systemd-timesyncd",
        ]
        if !clocks.contains(where: { tree[$0] != nil }) {
            found.warning(
                "no-time", "nothing sets the clock by the network",
                why: "certificates and clusters fail where it is wrong",
                source: LintSource.debian, remedy: "install systemd-timesyncd or chrony")
        }
    }

    // MARK: Agents, layout

    private static let programs: [String: [String]] = [
        "qemu-guest-agent": ["usr/sbin/qemu-ga", "usr/bin/qemu-ga"], "open-vm-tools": ["usr/bin/vmtoolsd"],
        "hyperv-daemons": ["usr/sbin/hv_kvp_daemon"],
    ]

    private func agents(_ found: inout LintFindings) {
        guard let target else { return }
        let xen = ["usr/sbin/xe-daemon", "usr/sbin/xen-guest-agent", "usr/bin/xen-guest-agent", "sbin/xe-daemon"]
        if target == .xen, !xen.contains(where: { tree[$0] != nil }) {
            // No warning: Debian has none, and a build that denies warnings could not be done.
            found.findings.append(
                LintFinding(
                    .note, "no-guest-agent", "XCP-ng's guest agent is not installed",
                    reason:
                        "without it `xe vm-shutdown` is refused, and no addresses are shown; disk and network do without",
                    source: "XCP-ng, Guest tools (docs.xcp-ng.org/vms)",
                    remedy:
                        "xe-guest-utilities or xen-guest-agent, from the guest tools' ISO or a repository of a vendor's"
                ))
        }
        for name in target.profile.guest.packages {
            guard let paths = Self.programs[name], !paths.contains(where: { tree[$0] != nil }) else { continue }
            found.warning(
                "no-guest-agent", "the platform's agent, \(name), is not installed",
                why: "shutdown, addresses and snapshots go by it",
                source: target.profile.source, remedy: "install \(name)")
        }
    }

    private func layout(_ found: inout LintFindings) {
        guard let target else { return }
        let types = disk.table.entries.map { $0.type.uppercased() }
        let isLVM = types.contains { $0.hasPrefix("E6D6D379") || $0 == "8E" }
        let isSwap =
            types.contains { $0.hasPrefix("0657FD6D") || $0 == "82" }
            || ((try? tree.lines("etc/fstab")) ?? []).contains {
                $0.split(whereSeparator: \.isWhitespace).dropFirst(2).first == "swap"
            }
        for constraint in target.profile.constraints {
            let isBroken =
                switch constraint.kind {
                case .noLVM: isLVM
                case .noSwap: isSwap
                case .largestDisk(let most): disk.raw.size > most
                case .noEncryption: types.contains { $0.hasPrefix("CA7D7CCB") }
                case .firmware(.uefi): !types.contains { $0.hasPrefix("C12A7328") || $0 == "EF" }
                default: false
                }
            if isBroken {
                found.error(
                    "target-constraint", constraint.reason, why: "\(target.profile.title) cannot take it",
                    source: constraint.source,
                    remedy: "build it for this target from a spec without it")
            }
        }
    }
}

/// The drivers that each initramfs of an image has, or its kernel has built in; read once.
final class InitramfsDrivers {
    struct Image {
        var version: String
        /// Nil: it cannot be read.
        var drivers: Set<String>?
    }

    private let tree: ImageTree
    private var known: [Image]?

    init(_ tree: ImageTree) {
        self.tree = tree
    }

    func images() throws -> [Image] {
        if let known { return known }
        var images: [Image] = []
        for file in tree.files
        where file.kind == .file && (file.path.hasPrefix("boot/initrd.img-") || file.path.hasPrefix("boot/initramfs-"))
        {
            guard let bytes = try tree.bytes(file.path, limit: 256 << 20) else { continue }
            let version = String(file.path.split(separator: "-", maxSplits: 1).last ?? "").replacing(".img", with: "")
            let names = try? InitramfsIndex.names(bytes)
            let drivers = try names.map { Set($0.compactMap(Self.module) + (try builtIn(version))) }
            images.append(Image(version: version, drivers: drivers))
        }
        known = images
        return images
    }

    /// `kernel/drivers/nvme/host/nvme.ko.xz` → `nvme`.
    private static func module(_ path: String) -> String? {
        guard let name = path.split(separator: "/").last, let end = name.firstRange(of: ".ko") else { return nil }
        return String(name[..<end.lowerBound]).replacing("-", with: "_")
    }

    private func builtIn(_ version: String) throws -> [String] {
        for folder in ["lib/modules", "usr/lib/modules"] {
            if let text = try tree.text("\(folder)/\(version)/modules.builtin") {
                return text.split(separator: "\n").compactMap { Self.module(String($0)) }
            }
        }
        return []
    }
}
