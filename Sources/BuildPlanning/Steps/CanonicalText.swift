import ApplianceSpec
import Diagnostics

// One text per value, the same for the same meaning: what step digests are taken of. Places in the source are left
// out, so that moving a line does not rebuild anything.

func canonical(_ user: UserEntry) -> String {
    let group = user.gid.map { " gid \($0)" } ?? ""
    return """
        uid \(user.uid.map(String.init) ?? "-")\(group) system \(user.isSystem)
        groups \(user.groups.joined(separator: ","))
        shell \(user.shell ?? "-") home \(user.home ?? "-")
        gecos \(user.gecos ?? "-")
        password \(canonical(user.password))
        keys
        \(user.sshKeys.joined(separator: "\n"))
        """
}

func canonical(_ password: UserEntry.Password) -> String {
    switch password {
    case .locked: "locked"
    case .hashed(let hash): "hash \(hash)"
    }
}

/// With how it is run, where that is not the usual way.
func canonical(_ script: ScriptEntry) -> String {
    var settings: [String] = []
    if let interpreter = script.interpreter { settings.append("interpreter \(interpreter)") }
    if let log = script.log { settings.append("log \(log)") }
    if script.place != .image { settings.append("where \(script.place.rawValue)") }
    return settings.isEmpty ? script.text : settings.joined(separator: "\n") + "\n\0\n" + script.text
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
