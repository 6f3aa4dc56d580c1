import FileTrees

/// What cloud-init (data source NoCloud) gets at the boot check: an identity, a throw-away key for root and the
/// parameters, nothing else, for the appliance is to be tested as it is.
struct CloudSeed: Sendable {
    /// Unique for each boot, so that cloud-init takes it for a first one.
    var instance: String
    var hostname: String
    /// An OpenSSH public key.
    var publicKey: String?
    /// Given as user data where they are to come that way.
    var parameters = GuestParameters()

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
        let key = publicKey.map { "disable_root: false\nssh_authorized_keys:\n  - \($0)\n" } ?? ""
        let files =
            parameters.isSeeded
            ? """
            write_files:
              - path: /etc/stonebake/parameters.yaml
                permissions: "0600"
                content: \(GuestParameters.quoted(parameters.document))

            """ : ""
        return "#cloud-config\n" + (key.isEmpty && files.isEmpty ? "{}\n" : key + files)
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
