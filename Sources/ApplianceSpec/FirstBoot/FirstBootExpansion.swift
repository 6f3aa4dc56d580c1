import Diagnostics

/// What makes an image ask for its parameters: the program, its units, the login banner, and for each unit that waits a
/// drop-in. Merged last, when it is known what the spec and the kind want.
///
///     stonebake-data.service       before local-fs.target   the data disk's folders are bound to their places
///     stonebake-firstboot.service  after cloud-init's network stage; judges, generates, writes, runs scripts
///     /run/stonebake/ready         then: what the application's units wait for
///     stonebake-page.service       otherwise: status 503 on the application's ports
struct FirstBootExpansion {
    let appliance: Appliance
    private var work: FirstBootWork { appliance.firstBoot.work }

    static let library = "/usr/local/lib/stonebake"
    static let program = "/usr/local/sbin/stonebake-firstboot"
    static let unit = "stonebake-firstboot.service"
    private static let units = "/etc/systemd/system"

    /// Packages that bring what the program is written in.
    static let packages = ["python3", "python3-yaml"]

    /// Whether what a spec removes, a name or a pattern, is one of them.
    static func isNeeded(byProgram removal: String) -> Bool {
        let name = SpecDecoder.packageName(removal)
        return packages.contains { name.hasSuffix("*") ? $0.hasPrefix(name.dropLast()) : $0 == name }
    }

    /// Whether the application has to wait for anything; otherwise there is only a banner.
    var isNeeded: Bool {
        !appliance.parameters.isEmpty || !work.scripts.isEmpty || !work.templates.isEmpty || appliance.disk.data != nil
    }

    /// The spec's own files win.
    func apply(to appliance: inout Appliance) {
        let own = Set(appliance.files.map(\.path.value))
        appliance.files = (banner + files).filter { !own.contains($0.path.value) } + appliance.files
        let units = [Self.unit] + (appliance.disk.data == nil ? [] : ["stonebake-data.service"])
        appliance.services.enable = units.map { Located($0) } + appliance.services.enable
        // Otherwise they come with cloud-init, which is part of the base.
        if appliance.packages.remove.contains(where: { $0.value == "cloud-init" }) {
            appliance.packages.install = Self.packages.map { Located($0) } + appliance.packages.install
        }
    }

    /// What every appliance has: the program that tells its state, and the login banner.
    var banner: [FileEntry] {
        [
            FileEntry(Self.program, .text(FirstBootPrograms.firstBoot), mode: 0o755, at: nil),
            FileEntry("\(Self.library)/appliance.json", .text(record), mode: 0o600, at: nil),
            FileEntry("\(Self.units)/\(Self.unit)", .text(unitText), at: nil),
            FileEntry("/etc/issue.d/50-stonebake.issue", .symlink("/run/stonebake/issue"), at: nil),
        ]
    }

    var record: String { FirstBootRecord(appliance: appliance, command: command).text }

    private var files: [FileEntry] {
        var files = [FileEntry(DataSettings.values, .directory, mode: 0o700, at: nil)]
        files += work.scripts.map { FileEntry(path(of: $0), .text($0.text), mode: 0o700, at: $0.range) }
        files += work.units.map { unit in
            FileEntry("\(Self.units)/\(unit.value).d/50-stonebake.conf", .text(Self.hold), at: unit.range)
        }
        // What is written on the screen before somebody can log in stays there.
        files.append(
            FileEntry(
                "\(Self.units)/getty@tty1.service.d/50-stonebake.conf", .text("[Service]\nTTYVTDisallocate=no\n"),
                at: nil))
        if !work.pagePorts.isEmpty {
            files.append(FileEntry("\(Self.library)/page", .text(FirstBootPrograms.page), mode: 0o755, at: nil))
            files.append(FileEntry("\(Self.units)/stonebake-page.service", .text(pageUnit), at: nil))
        }
        if let data = appliance.disk.data {
            files.append(FileEntry("\(Self.library)/data", .text(FirstBootPrograms.data), mode: 0o755, at: nil))
            files.append(FileEntry("\(Self.units)/stonebake-data.service", .text(dataUnit(data)), at: nil))
        }
        return files
    }

    private func path(of script: FirstBootWork.Script) -> String {
        "\(Self.library)/\(script.frequency.rawValue).d/\(script.name)"
    }

    private func command(of script: FirstBootWork.Script) -> [String] {
        let path = path(of: script)
        if let interpreter = script.interpreter { return interpreter.split(separator: " ").map(String.init) + [path] }
        return script.text.hasPrefix("#!") ? [path] : ["/bin/sh", path]
    }

    // MARK: Units

    private var unitText: String {
        let needs = work.needs.map(\.value).joined(separator: " ")
        return """
            # Made by Stonebake.
            [Unit]
            Description=Apply the parameters of \(appliance.name.value)
            After=local-fs.target cloud-init.service cloud-init-network.service\(needs.isEmpty ? "" : " " + needs)
            \(needs.isEmpty ? "" : "Wants=\(needs)\n")
            [Service]
            Type=oneshot
            RemainAfterExit=yes
            ExecStart=\(Self.program) --boot

            [Install]
            WantedBy=multi-user.target

            """
    }

    /// A unit whose condition does not hold is not started, and nothing has failed for it.
    private static let hold = """
        # Made by Stonebake: not before the appliance has its parameters.
        [Unit]
        Wants=\(unit)
        After=\(unit)
        ConditionPathExists=/run/stonebake/ready

        """

    private var pageUnit: String {
        """
        # Made by Stonebake: stonebake-firstboot starts and stops it.
        [Unit]
        Description=Tell what \(appliance.name.value) is missing

        [Service]
        ExecStart=\(Self.library)/page \(work.pagePorts.map(String.init).joined(separator: " "))
        Restart=on-failure
        RestartSec=2
        DynamicUser=yes
        AmbientCapabilities=CAP_NET_BIND_SERVICE
        CapabilityBoundingSet=CAP_NET_BIND_SERVICE
        ProtectHome=yes
        ProtectKernelTunables=yes
        ProtectControlGroups=yes
        RestrictAddressFamilies=AF_INET AF_INET6
        MemoryDenyWriteExecute=yes
        SystemCallFilter=@system-service
        NoNewPrivileges=yes

        """
    }

    private func dataUnit(_ data: DataSettings) -> String {
        let folders = data.folders.map { "\\\n    \($0.value)" }.joined(separator: " ")
        return """
            # Made by Stonebake.
            [Unit]
            Description=Bind the folders of the data disk to their places
            DefaultDependencies=no
            After=systemd-remount-fs.service systemd-sysusers.service \(data.mountUnit)
            Wants=\(data.mountUnit)
            Before=local-fs.target systemd-tmpfiles-setup.service shutdown.target
            Conflicts=shutdown.target

            [Service]
            Type=oneshot
            RemainAfterExit=yes
            ExecStart=\(Self.library)/data \(data.mount) \(folders)

            [Install]
            WantedBy=local-fs.target

            """
    }
}

extension Appliance {
    /// The login banner's files of an appliance that has nothing to apply; empty where they are among `files`, and where the
    /// spec takes Python out.
    package var bannerFiles: [FileEntry] {
        let own = Set(files.map(\.path.value))
        let isWithoutPython = packages.remove.contains { FirstBootExpansion.isNeeded(byProgram: $0.value) }
        guard !own.contains(FirstBootExpansion.program), !isWithoutPython else { return [] }
        var plain = self
        plain.firstBoot.work = FirstBootWork()
        return FirstBootExpansion(appliance: plain).banner.filter { !own.contains($0.path.value) }
    }
}
