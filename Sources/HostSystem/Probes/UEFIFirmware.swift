import FileTrees
import FoundationEssentials

/// The UEFI firmware files of this machine, found through the descriptors that firmware packages install
/// (docs/interop/firmware.json of QEMU), so that no distribution's file names are needed here.
package struct UEFIFirmware: Sendable, Equatable {
    /// The code, which is mapped read-only.
    package var code: String
    /// The variables as shipped: each machine gets a copy.
    package var variables: String

    package static let folders = ["/etc/qemu/firmware", "/usr/local/share/qemu/firmware", "/usr/share/qemu/firmware"]

    /// The first usable firmware for an x86-64 q35 machine, in the order of the descriptors' names; nil when none is
    /// installed.
    ///
    /// - Parameter secureBoot: with keys enrolled, so that Secure Boot is on; otherwise without Secure Boot.
    package static func find(secureBoot: Bool, folders: [String] = UEFIFirmware.folders) -> UEFIFirmware? {
        // A name in an earlier folder hides the same name in a later one.
        var paths: [String: String] = [:]
        for folder in folders.reversed() {
            for name in (try? Files.names(in: folder)) ?? [] where name.hasSuffix(".json") {
                paths[name] = "\(folder)/\(name)"
            }
        }
        for (_, path) in paths.sorted(by: { $0.key < $1.key }) {
            guard let bytes = try? Files.read(path, limit: 1 << 20),
                let descriptor = try? JSONDecoder().decode(Descriptor.self, from: Data(bytes)),
                let firmware = descriptor.firmware(secureBoot: secureBoot),
                Files.exists(firmware.code), Files.exists(firmware.variables)
            else { continue }
            return firmware
        }
        return nil
    }

    private struct Descriptor: Decodable {
        struct File: Decodable {
            var filename: String
            var format: String
        }

        struct Mapping: Decodable {
            var device: String
            var executable: File?
            var template: File?

            enum CodingKeys: String, CodingKey {
                case device, executable
                case template = "nvram-template"
            }
        }

        struct Machine: Decodable {
            var architecture: String
            var machines: [String]
        }

        var interfaces: [String]
        var mapping: Mapping
        var targets: [Machine]
        var features: [String]

        enum CodingKeys: String, CodingKey {
            case interfaces = "interface-types"
            case mapping, targets, features
        }

        func firmware(secureBoot: Bool) -> UEFIFirmware? {
            let fits = targets.contains { target in
                target.architecture == "x86_64" && target.machines.contains { $0.hasPrefix("pc-q35") }
            }
            let isRight =
                secureBoot
                ? features.contains("secure-boot") && features.contains("enrolled-keys")
                : !features.contains("secure-boot")
            guard interfaces.contains("uefi"), fits, isRight, mapping.device == "flash",
                let code = mapping.executable, code.format == "raw",
                let template = mapping.template, template.format == "raw"
            else { return nil }
            return UEFIFirmware(code: code.filename, variables: template.filename)
        }
    }
}
