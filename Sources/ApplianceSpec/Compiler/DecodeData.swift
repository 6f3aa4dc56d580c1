import Diagnostics

// `disk.data` and `recipe`.
extension SpecDecoder {
    mutating func data(_ node: SpecNode?) -> DataSettings? {
        guard let node else { return nil }
        let size = size(node["size"])
        if let size, size.value < .mebibytes(16) {
            fail("bad-size", "\(size.value) is too little for a filesystem", size.range, hint: "at least 16 MiB")
        }
        return DataSettings(
            place: node.choice("on") ?? .disk, size: size?.value ?? .mebibytes(1024), folders: node.texts("folders"),
            range: node.firstRange)
    }

    mutating func add(_ data: DataSettings, to settings: inout DiskSettings) {
        settings.data = data
        guard var storage = settings.storage else { return }
        let size = Located(data.size, at: data.range)
        var filesystem = StorageSettings.Filesystem(
            format: settings.filesystem.format, mount: Located(data.mount, at: data.range),
            label: Located(DataSettings.label, at: data.range),
            // The system comes up without it too, and tells that it is missing.
            options: ["rw", "nofail", "x-systemd.device-timeout=90s"], isUserData: true)
        if filesystem.format == .xfs {
            filesystem.label = Located(String(DataSettings.label.prefix(12)), at: data.range)
        }
        switch data.place {
        case .disk:
            let name = Located(DataSettings.diskName, at: data.range)
            storage.disks.append(.init(name: name, size: size, use: .user))
            storage.partitions.append(
                .init(disk: name, content: .filesystem(filesystem), space: .init(grows: true), range: data.range))
        case .partition:
            // First, so that it lies at the same place whatever size the rest has.
            storage.partitions.insert(
                .init(
                    disk: storage.disks[0].name, content: .filesystem(filesystem), space: .init(size: size),
                    range: data.range), at: 0)
        }
        settings.storage = storage
    }

    /// After the kind has named its folders.
    mutating func checkData(_ data: DataSettings) {
        let system = [
            "/bin", "/boot", "/data", "/dev", "/etc", "/lib", "/lib64", "/proc", "/root", "/run", "/sbin", "/sys",
            "/tmp", "/usr",
        ]
        for folder in data.folders {
            let isSystem = system.contains { top in
                folder.value == top || (top != "/etc" && folder.value.hasPrefix(top + "/"))
            }
            guard isSystem || ["/var", "/var/lib"].contains(folder.value) else { continue }
            fail(
                "bad-data-folder", "'\(folder.value)' is the system's, which a new version of the image replaces",
                folder.range, hint: "the folder of an application: /var/lib/NAME, /srv/NAME")
        }
        for folder in data.folders {
            guard let outer = data.folders.first(where: { folder.value.hasPrefix($0.value + "/") }) else { continue }
            fail(
                "bad-data-folder", "'\(folder.value)' lies in '\(outer.value)', which is on the data disk already",
                folder.range ?? outer.range)
        }
        if data.folders.isEmpty {
            fail(
                "no-data", "nothing lies on the data \(data.place.rawValue)", data.range,
                hint: "name the folders that hold the application's state: `folders: [/var/lib/NAME]`")
        }
    }

    mutating func recipe() -> Recipe? {
        guard let puppet = root["recipe"]?["puppet"] else { return nil }
        let modules = sourceTree(puppet["modules"], wanted: .folder)
        guard let manifest = hostPath(puppet["manifest"], wanted: .file) else { return nil }
        return .puppet(
            PuppetRecipe(manifest: manifest, modules: modules, frequency: puppet.choice("at") ?? .firstBoot))
    }
}
