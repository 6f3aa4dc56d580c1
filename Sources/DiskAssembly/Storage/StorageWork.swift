import ApplianceSpec
import BuildPlanning
import FileTrees
import HostSystem

/// What libguestfs' appliance does with disks that are composed: encryption, and files into XFS. It runs on a thread of
/// its own.
struct StorageWork: Sendable {
    /// What is written through encryption.
    struct Encryption: Sendable {
        var clear: StorageComposer.Clear
        /// Labels of the drives with what is in the clear, and with the passphrase.
        var source: String
        var key: String
        /// Bytes of the passphrase.
        var keyLength: Int
        var ranges: [SparseCopier.Range]
    }

    /// A tree that is written into a mounted filesystem.
    struct Population: Sendable {
        var content: StorageLayout.Content
        /// Label of the drive that is its tar.
        var tree: String
    }

    let layout: StorageLayout
    let encryptions: [Encryption]
    let populations: [Population]

    /// Whether anything is written at all.
    var isEmpty: Bool { encryptions.isEmpty && populations.isEmpty }

    /// A device's name in the appliance's shell.
    static func device(_ place: StoragePlace) -> String {
        switch place {
        case .partition(let disk, let number): "/dev/disk/guestfs/\(StorageSession.label("disk", disk))\(number)"
        case .volume(let group, let name): "/dev/\(group)/\(name)"
        }
    }

    static func device(_ content: StorageLayout.Content) -> String {
        content.encryption.map { "/dev/mapper/\($0.name)" } ?? device(content.place)
    }

    func run(_ handle: GuestfsHandle, _ cancelled: CancellationFlag) throws {
        _ = try handle.shell("udevadm settle")
        for encryption in encryptions {
            if case .partition = encryption.clear.device.place { try encrypt(encryption, handle, cancelled) }
        }
        try Self.activate(layout, handle)
        for encryption in encryptions {
            if case .volume = encryption.clear.device.place { try encrypt(encryption, handle, cancelled) }
        }
        for population in populations {
            try cancelled.check()
            _ = try handle.shell(populate(population))
        }
    }

    /// Volume groups are there once what they lie on is.
    static func activate(_ layout: StorageLayout, _ handle: GuestfsHandle) throws {
        guard !layout.groups.isEmpty else { return }
        _ = try handle.shell("lvm vgscan >/dev/null; lvm vgchange -ay >/dev/null; udevadm settle")
    }

    private func encrypt(_ work: Encryption, _ handle: GuestfsHandle, _ cancelled: CancellationFlag) throws {
        let luks = work.clear.device
        let device = Self.device(luks.place)
        let key = "/dev/disk/guestfs/\(work.key)"
        // What was read of the drive at the start were zeros.
        let keyOptions = "--key-file=\(key) --keyfile-size=\(work.keyLength)"
        var format = [
            "cryptsetup", "-q", "luksFormat", "--type", "luks\(luks.version)", "--uuid", luks.uuid,
            "--cipher", luks.cipher, "--offset", "\(luks.headerSize / 512)", "--pbkdf", luks.keyDerivation,
        ]
        // XTS has two keys.
        format += ["--key-size", luks.cipher.contains("xts") ? "512" : "256"]
        if luks.keyDerivation != "pbkdf2" { format += ["--pbkdf-memory", "\(luks.memory)", "--pbkdf-parallel", "1"] }
        if let time = luks.time {
            format += ["--iter-time", "\(Int(time * 1000))"]
        } else {
            format += [
                "--pbkdf-force-iterations", "\(max(luks.iterations, luks.keyDerivation == "pbkdf2" ? 1000 : 4))",
            ]
        }
        let words = format.map(Command.quoted).joined(separator: " ")
        _ = try handle.shell(
            """
            set -e
            blockdev --flushbufs \(key)
            \(words) \(keyOptions) \(device)
            cryptsetup open --type luks \(keyOptions) \(device) \(luks.name)
            udevadm settle
            """)
        try cancelled.check()
        // A shell takes so many words; each range is one command. Past the appliance's page cache it takes half the time.
        for ranges in work.ranges.chunked(into: 200) {
            let copies = ranges.map { range in
                "dd if=/dev/disk/guestfs/\(work.source) of=/dev/mapper/\(luks.name) bs=1M "
                    + "iflag=direct,skip_bytes,count_bytes,fullblock oflag=direct,seek_bytes conv=notrunc status=none "
                    + "skip=\(range.start) seek=\(range.start - work.clear.offset) count=\(range.count)"
            }
            _ = try handle.shell("set -e\n" + copies.joined(separator: "\n"))
            try cancelled.check()
        }
        _ = try handle.shell("sync; udevadm trigger --settle --subsystem-match=block || udevadm settle")
    }

    private func populate(_ work: Population) -> String {
        """
        set -e
        mkdir -p /tmp/tree
        mount -t \(work.content.format) \(Self.device(work.content)) /tmp/tree
        tar -x -f /dev/disk/guestfs/\(work.tree) -C /tmp/tree --numeric-owner --same-owner -p --xattrs \
        --xattrs-include='*' --warning=no-timestamp
        umount /tmp/tree
        """
    }
}

extension Array {
    /// Parts of at most that many elements.
    func chunked(into count: Int) -> [[Element]] {
        stride(from: 0, to: self.count, by: count).map { Array(self[$0..<Swift.min($0 + count, self.count)]) }
    }
}
