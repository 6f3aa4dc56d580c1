import ArgumentParser
import Diagnostics
import Foundation

/// The spec a subcommand works on, and how its diagnostics are written.
struct SpecOptions: ParsableArguments {
    @Argument(
        help: "The appliance spec: a YAML or Kickstart file, or a folder that holds appliance.yaml.",
        completion: .file(extensions: ["yaml", "yml", "ks"]))
    var spec: String

    @Option(help: "How errors in the spec are written: text, json, sarif or github.")
    var format: DiagnosticFormat = .text

    @OptionGroup var reading: ReadingOptions

    @Option(
        help: "The lock file (otherwise appliance.lock beside the spec, NAME.lock beside NAME.ks).",
        completion: .file(extensions: ["lock"]))
    var lock: String?

    var path: String { Self.file(spec) }

    /// The file itself: a folder means the `appliance.yaml` in it.
    static func file(_ spec: String) -> String {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: spec, isDirectory: &isFolder), isFolder.boolValue else {
            return spec
        }
        return spec.hasSuffix("/") ? "\(spec)appliance.yaml" : "\(spec)/appliance.yaml"
    }
}

extension DiagnosticFormat: ExpressibleByArgument {}
