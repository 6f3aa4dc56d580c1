import ApplianceSpec
import Diagnostics

// One text per value, the same for the same meaning: what step digests are taken of. Places in the source are left
// out, so that moving a line does not rebuild anything.

func canonical(_ system: SystemSettings) -> String {
    """
    hostname \(system.hostname ?? "-")
    locale \(system.locale)
    timezone \(system.timezone)
    kernel \(system.kernelArguments.joined(separator: " "))
    """
}

func canonical(_ services: ServiceSettings) -> String {
    """
    enable \(services.enable.map(\.value).joined(separator: " "))
    disable \(services.disable.map(\.value).joined(separator: " "))
    mask \(services.mask.map(\.value).joined(separator: " "))
    """
}

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

func canonical(_ disk: DiskSettings) -> String {
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
    // The budget is not here: it judges a disk, it does not shape one.
    return "size \(size) free \(free) boot \(disk.boot.map(\.rawValue).sorted().joined(separator: ",")) "
        + "filesystem \(disk.filesystem.rawValue)"
}
