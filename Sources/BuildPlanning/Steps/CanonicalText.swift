import ApplianceSpec
import Diagnostics

// One text per value, the same for the same meaning: what step digests are taken of. Places in the source are left
// out, so that moving a line does not rebuild anything.

func canonical(_ user: UserEntry) -> String {
    let password =
        switch user.password {
        case .locked: "locked"
        case .hashed(let hash): "hash \(hash)"
        }
    return """
        uid \(user.uid.map(String.init) ?? "-") system \(user.isSystem)
        groups \(user.groups.joined(separator: ","))
        shell \(user.shell ?? "-") home \(user.home ?? "-")
        gecos \(user.gecos ?? "-")
        password \(password)
        keys
        \(user.sshKeys.joined(separator: "\n"))
        """
}

/// By the spec's keys. The budget is not here: it judges a disk, it does not shape one.
func canonical(_ disk: DiskSettings) -> [(key: String, text: String)] {
    let size =
        switch disk.size.value {
        case .automatic: "auto"
        case .fixed(let size): "\(size.bytes)"
        }
    let free =
        switch disk.free {
        case .percent(let percent): "\(percent)%"
        case .bytes(let size): "\(size.bytes)"
        }
    return [
        ("size", size), ("free", free), ("boot", disk.boot.map(\.rawValue).sorted().joined(separator: ",")),
        ("filesystem", disk.filesystem.rawValue),
    ] + (disk.storage.map { [("layout", canonical($0))] } ?? [])
}
