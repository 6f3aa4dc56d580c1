import Diagnostics

/// `/usr/local/lib/stonebake/appliance.json`: what stonebake-firstboot knows of the appliance.
struct FirstBootRecord {
    let appliance: Appliance
    /// By a script's text in the image: the command that runs it.
    let command: (FirstBootWork.Script) -> [String]

    var text: String {
        let work = appliance.firstBoot.work
        var record: [String: JSONValue] = [
            "name": .string(appliance.name.value), "version": .string(appliance.version.value),
            "parameters": .array(appliance.parameters.map(Self.json)),
            "environments": .array(appliance.parameters.isEmpty ? [] : work.environments.map(Self.json)),
            "templates": .array(work.templates.map(Self.json)),
            "scripts": .array(
                work.scripts.map { script in
                    [
                        "name": .string(script.name), "frequency": .string(script.frequency.rawValue),
                        "command": .array(command(script).map { .string($0) }),
                        "whenChanged": .array(whenChanged(script).map { .string($0) }),
                    ]
                }),
            "units": .array(work.units.map { .string($0.value) }),
            "pagePorts": .array(work.pagePorts.map { .integer($0) }),
        ]
        if let data = appliance.disk.data { record["data"] = .string(data.mount) }
        return JSONValue.object(record).prettyText
    }

    private func whenChanged(_ script: FirstBootWork.Script) -> [String] {
        let standard = script.frequency == .everyBoot ? appliance.parameters.map(\.name) : []
        return (script.whenChanged ?? standard).map(\.value)
    }

    private static func json(_ parameter: Parameter) -> JSONValue {
        var record: [String: JSONValue] = [
            "name": .string(parameter.name.value), "type": .string(parameter.kind.rawValue),
            "description": .string(parameter.description), "variable": .string(parameter.variable),
            "required": .bool(parameter.isRequired), "secret": .bool(parameter.isSecret),
            "generated": .bool(parameter.isGenerated), "show": .bool(parameter.isShown),
            "choices": .array(parameter.choices.map { .string($0) }),
        ]
        record["default"] = parameter.standard.map { .string($0) }
        record["pattern"] = parameter.pattern.map { .string($0) }
        record["minimum"] = parameter.minimum.map { .integer($0) }
        record["maximum"] = parameter.maximum.map { .integer($0) }
        record["minimumLength"] = parameter.minimumLength.map { .integer($0) }
        record["maximumLength"] = parameter.maximumLength.map { .integer($0) }
        return .object(record)
    }

    private static func json(_ environment: FirstBootWork.Environment) -> JSONValue {
        var record = file(environment.path, environment.mode, environment.owner)
        record["parameters"] = environment.parameters.map { .array($0.map { .string($0.value) }) }
        return .object(record)
    }

    private static func json(_ template: FirstBootWork.Template) -> JSONValue {
        var record = file(template.path, template.mode, template.owner)
        record["text"] = .string(template.text)
        return .object(record)
    }

    /// The mode in octal.
    private static func file(_ path: Located<String>, _ mode: UInt16?, _ owner: String?) -> [String: JSONValue] {
        var record: [String: JSONValue] = [
            "path": .string(path.value), "mode": .string("0" + String(mode ?? 0o600, radix: 8)),
        ]
        record["owner"] = owner.map { .string($0) }
        return record
    }
}
