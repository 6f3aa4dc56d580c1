import HostSystem

/// What cloud-init (data source NoCloud) gets at the boot check: an identity and a throw-away key for root, nothing
/// else, for the appliance is to be tested as it is.
struct CloudSeed: Sendable {
    /// Unique for each boot, so that cloud-init takes it for a first one.
    var instance: String
    var hostname: String
    /// An OpenSSH public key.
    var publicKey: String?

    /// The volume name that cloud-init looks for.
    static let volume = "CIDATA"

    var files: [ISOWriter.File] {
        [
            .init(name: "meta-data", text: "instance-id: \(instance)\nlocal-hostname: \(hostname)\n"),
            .init(name: "user-data", text: userData),
        ]
    }

    /// Without a key an empty cloud-config, which changes nothing.
    private var userData: String {
        guard let publicKey else { return "#cloud-config\n{}\n" }
        return "#cloud-config\ndisable_root: false\nssh_authorized_keys:\n  - \(publicKey)\n"
    }

    /// The name as a host name label (RFC 1123): `-` for what it cannot hold.
    static func hostname(for name: String) -> String {
        let label = String(
            name.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
                .drop { $0 == "-" }.prefix(63))
        let trimmed = String(label.reversed().drop { $0 == "-" }.reversed())
        return trimmed.isEmpty ? "appliance" : trimmed
    }
}
