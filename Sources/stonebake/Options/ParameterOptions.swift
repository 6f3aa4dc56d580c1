import ApplianceSpec
import ArgumentParser
import BootCheck
import Diagnostics
import Foundation

/// Values of the appliance's parameters, for a boot.
struct ParameterOptions: ParsableArguments {
    @Option(
        name: .customLong("parameter"),
        help: ArgumentHelp(
            "A parameter of the appliance (otherwise the environment variable STONEBAKE_PARAMETER_NAME); may be given "
                + "several times.", valueName: "name=value"))
    var parameters: [String] = []

    @Option(
        name: .customLong("parameter-file"),
        help: ArgumentHelp(
            "A file whose content is a parameter's value, for secrets; may be given several times.",
            valueName: "name=file"),
        completion: .file())
    var files: [String] = []

    @Option(
        name: .customLong("parameters-by"),
        help: ArgumentHelp(
            "How the guest gets them: user-data (of cloud-init), smbios or fw-cfg (systemd's credentials).",
            valueName: "way"))
    var delivery: GuestParameters.Delivery = .userData

    func validate() throws {
        for parameter in parameters + files where Self.parts(parameter) == nil {
            throw ValidationError("'\(parameter.prefix { $0 != "=" })' is not NAME=VALUE, for example port=8080")
        }
        for (_, path) in files.compactMap(Self.parts) where !FileManager.default.fileExists(atPath: path) {
            throw ValidationError("there is no file '\(path)' with a parameter")
        }
    }

    private static func parts(_ parameter: String) -> (name: String, value: String)? {
        guard let split = parameter.firstIndex(of: "="), split != parameter.startIndex else { return nil }
        return (String(parameter[..<split]), String(parameter[parameter.index(after: split)...]))
    }

    /// What is given, by name, and how.
    ///
    /// - Parameters:
    ///   - appliance: nil where no spec is known; then every name is taken
    ///   - withExamples: whether the spec's examples stand for what is not given, and all that is required has to be there
    /// - Throws: `WrongParameters`; `ValidationError`; what reading a file throws.
    func values(for appliance: Appliance?, withExamples: Bool) throws -> GuestParameters {
        var values: [String: String] = [:]
        for parameter in appliance?.parameters ?? [] {
            let variable = "STONEBAKE_PARAMETER_\(Parameter.variable(of: parameter.name.value))"
            if let value = ProcessInfo.processInfo.environment[variable] ?? (withExamples ? parameter.example : nil) {
                values[parameter.name.value] = value
            }
        }
        for (name, path) in files.compactMap(Self.parts) {
            let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
            values[name] = text.hasSuffix("\n") ? String(text.dropLast()) : text
        }
        for (name, value) in parameters.compactMap(Self.parts) { values[name] = value }
        try check(values, of: appliance, isWhole: withExamples)
        var delivery = delivery
        // Nothing reads a seed there.
        if let appliance, !appliance.firstBoot.readsSeed, delivery == .userData { delivery = .smbios }
        if let longest = GuestParameters.longestName(for: delivery),
            let name = values.keys.sorted().first(where: { $0.utf8.count > longest })
        {
            throw ValidationError(
                "fw-cfg has room for \(longest) characters of a name, and '\(name)' has more: use smbios")
        }
        return GuestParameters(values: values, delivery: delivery)
    }

    private func check(_ values: [String: String], of appliance: Appliance?, isWhole: Bool) throws {
        guard let appliance else { return }
        let names = appliance.parameters.map(\.name.value)
        for name in values.keys.sorted() where !names.contains(name) {
            let hint =
                suggestion(for: name, in: names) ?? "it has \(names.isEmpty ? "none" : names.joined(separator: ", "))"
            throw ValidationError("'\(appliance.name.value)' has no parameter '\(name)': \(hint)")
        }
        let missing = appliance.parameters.filter { $0.isRequired && values[$0.name.value] == nil }
        guard isWhole, !missing.isEmpty else { return }
        throw MissingParameters(names: missing.map(\.name))
    }
}

/// Parameters without which an appliance does not get ready.
struct MissingParameters: Failure {
    let names: [Located<String>]

    var diagnostics: [Diagnostic] {
        names.map { name in
            Diagnostic(
                code: "missing-parameter", "the parameter '\(name.value)' is required and has no example",
                at: name.range,
                hint: "--parameter \(name.value)=VALUE, or an 'example' in the spec")
        }
    }

    var exitCode: Diagnostics.ExitCode { .inputWrong }
}

extension GuestParameters.Delivery: ExpressibleByArgument {}
