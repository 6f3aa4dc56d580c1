import FileTrees
import FoundationEssentials

/// The values of an appliance's parameters for one boot, and how the guest gets them (docs/first-boot.md).
package struct GuestParameters: Sendable, Equatable {
    package enum Delivery: String, Sendable, CaseIterable {
        /// cloud-init writes /etc/stonebake/parameters.yaml.
        case userData = "user-data"
        /// systemd's credentials in SMBIOS strings of type 11.
        case smbios
        /// systemd's credentials in QEMU's fw_cfg, whose names hold 18 characters of ours.
        case firmwareConfiguration = "fw-cfg"
    }

    /// By name.
    package var values: [String: String]
    package var delivery: Delivery

    package init(values: [String: String] = [:], delivery: Delivery = .userData) {
        self.values = values
        self.delivery = delivery
    }

    /// The most that a name may have, in bytes; nil: any.
    package static func longestName(for delivery: Delivery) -> Int? {
        // QEMU: 55 bytes, of which 37 are `opt/io.systemd.credentials/stonebake.`
        delivery == .firmwareConfiguration ? 18 : nil
    }

    /// Whether they go into the seed.
    var isSeeded: Bool { delivery == .userData && !values.isEmpty }

    /// For /etc/stonebake/parameters.yaml. Names are quoted too: `on` would be read as a truth.
    var document: String {
        values.sorted { $0.key < $1.key }.map { "\(Self.quoted($0.key)): \(Self.quoted($0.value))\n" }.joined()
    }

    /// A YAML string in double quotes.
    static func quoted(_ text: String) -> String {
        "\""
            + text.unicodeScalars.map { scalar in
                switch scalar {
                case "\"", "\\": return "\\\(scalar)"
                case "\n": return "\\n"
                case _ where scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value):
                    let digits = String(scalar.value, radix: 16)
                    return "\\x" + (digits.count < 2 ? "0" : "") + digits
                default: return String(scalar)
                }
            }.joined() + "\""
    }

    /// Writes what QEMU reads as the machine's credentials into its folder, and says the arguments that name the files:
    /// values on a command line would be seen by every user.
    ///
    /// - Throws: `HostError`.
    func write(to folder: String) throws -> [String] {
        guard delivery != .userData else { return [] }
        var arguments: [String] = []
        for (number, (name, value)) in values.sorted(by: { $0.key < $1.key }).enumerated() {
            let file = "parameter-\(number)"
            if delivery == .smbios {
                let encoded = Data(value.utf8).base64EncodedString()
                try Files.write(
                    "io.systemd.credential.binary:stonebake.\(name)=\(encoded)", to: "\(folder)/\(file)", mode: 0o600)
                arguments += ["-smbios", "type=11,path=\(file)"]
            } else {
                try Files.write(value, to: "\(folder)/\(file)", mode: 0o600)
                arguments += ["-fw_cfg", "name=opt/io.systemd.credentials/stonebake.\(name),file=\(file)"]
            }
        }
        return arguments
    }
}
