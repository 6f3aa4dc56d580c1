import Diagnostics

// `first-boot:` and `every-boot:`, and what has to fit together with the parameters.
extension SpecDecoder {
    mutating func firstBootWork() -> FirstBootWork {
        let node = root["first-boot"]
        var work = FirstBootWork()
        work.environments = (node?.list("environment") ?? []).compactMap { item in
            guard let path = item.text("path") else { return nil }
            checkVolatile(path)
            return .init(
                path, parameters: item["parameters"] == nil ? nil : item.texts("parameters"), mode: mode(item),
                owner: item.text("owner")?.value)
        }
        work.templates = (node?.list("files") ?? []).compactMap { template($0) }
        work.scripts =
            bootScripts(node?.list("scripts") ?? [], .firstBoot)
            + bootScripts(root["every-boot"]?.list("scripts") ?? [], .everyBoot)
        work.units = unique(node?.texts("units") ?? [], "unit") { $0 }
        work.needs = unique(node?.texts("needs") ?? [], "unit") { $0 }
        work.pagePorts = (node?.list("page-ports") ?? []).compactMap(\.integer)
        return work
    }

    private func mode(_ node: SpecNode) -> UInt16? { node.text("mode").flatMap { UInt16($0.value, radix: 8) } }

    private mutating func template(_ node: SpecNode) -> FirstBootWork.Template? {
        guard let path = node.text("path") else { return nil }
        checkVolatile(path)
        let owner = node.text("owner")?.value
        if let content = node.text("content") {
            return .init(path, text: content.value, mode: mode(node), owner: owner, range: content.range)
        }
        guard let file = hostText(node["source"]) else { return nil }
        return .init(path, text: file.text, mode: mode(node), owner: owner, range: node["source"]?.range)
    }

    private mutating func checkVolatile(_ path: Located<String>) {
        guard ["/dev", "/proc", "/sys", "/tmp"].contains(where: { path.value == $0 || path.value.hasPrefix($0 + "/") })
        else { return }
        fail("volatile-path", "'\(path.value)' is no place for a file", path.range, hint: "below /etc or /run")
    }

    private mutating func bootScripts(
        _ nodes: [SpecNode], _ frequency: FirstBootWork.Script.Frequency
    ) -> [FirstBootWork.Script] {
        nodes.compactMap { node in
            guard let name = node.text("name") else { return nil }
            guard let text = node.text("run")?.value ?? hostText(node["source"])?.text else { return nil }
            return .init(
                name.value, frequency, text: text, interpreter: node.text("interpreter")?.value,
                whenChanged: node["when-changed"] == nil ? nil : node.texts("when-changed"), range: name.range)
        }
    }

    /// Last, when the spec, its application's kind and its recipe have said what they want.
    mutating func expandFirstBoot(_ appliance: inout Appliance) {
        if case .puppet(let puppet)? = appliance.recipe {
            PuppetExpansion(recipe: puppet, parameters: appliance.parameters).apply(to: &appliance)
        }
        checkFirstBoot(of: appliance)
        if var data = appliance.disk.data {
            let work = appliance.firstBoot.work
            data.folders =
                work.dataFolders
                + data.folders.filter { folder in
                    !work.dataFolders.contains { $0.value == folder.value }
                }
            checkData(data)
            data.folders.append(Located(DataSettings.values))
            appliance.disk.data = data
        }
        let expansion = FirstBootExpansion(appliance: appliance)
        guard expansion.isNeeded else { return }
        if let python = appliance.packages.remove.first(where: { FirstBootExpansion.isNeeded(byProgram: $0.value) }) {
            fail(
                "conflicting-packages", "'\(python.value)' is removed, and stonebake-firstboot needs it", python.range,
                hint: "it applies 'parameters', 'first-boot', 'every-boot', 'recipe' and 'disk.data'")
        }
        expansion.apply(to: &appliance)
    }

    private mutating func checkFirstBoot(of appliance: Appliance) {
        let work = appliance.firstBoot.work
        let names = appliance.parameters.map(\.name.value)
        let named = work.environments.flatMap { $0.parameters ?? [] } + work.scripts.flatMap { $0.whenChanged ?? [] }
        for parameter in named where !names.contains(parameter.value) {
            unknownParameter(parameter.value, parameter.range, names)
        }
        for template in work.templates {
            for reference in TemplateText(template.text).references {
                if !names.contains(reference.name) { unknownParameter(reference.name, template.range, names) }
                guard let filter = reference.filter, !FirstBootWork.Template.filters.contains(filter) else { continue }
                fail(
                    "unknown-filter", "there is no filter '\(filter)' of '${\(reference.name)|\(filter)}'",
                    template.range, hint: "known filters: \(FirstBootWork.Template.filters.joined(separator: ", "))")
            }
        }
        checkNames(of: appliance)
        for unit in work.units {
            if !unit.value.hasSuffix(".service") {
                fail("bad-unit", "only services wait: '\(unit.value)' is none", unit.range)
            }
            if let other = work.needs.first(where: { $0.value == unit.value }) {
                fail(
                    "conflicting-units", "'\(unit.value)' cannot wait for scripts that need it", unit.range,
                    notes: other.range.map { [.init("needed, says this", at: $0)] } ?? [])
            }
        }
        if !appliance.parameters.isEmpty, work.isEmpty {
            warn(
                "unused-parameters", "no unit waits for the parameters, and nothing reads them",
                appliance.parameters[0].name.range,
                hint: "'first-boot' names units, environment files, files and scripts")
        }
    }

    private mutating func unknownParameter(_ name: String, _ range: SourceRange?, _ names: [String]) {
        fail(
            "unknown-parameter", "there is no parameter '\(name)'", range,
            hint: suggestion(for: name, in: names)
                ?? (names.isEmpty ? "declare it under 'parameters'" : "known: \(names.joined(separator: ", "))"))
    }

    private mutating func checkNames(of appliance: Appliance) {
        var variables: [String: Located<String>] = [:]
        for parameter in appliance.parameters {
            guard let other = variables.updateValue(parameter.name, forKey: parameter.variable) else { continue }
            fail(
                "duplicate-variable",
                "'\(other.value)' and '\(parameter.name.value)' have the same variable '\(parameter.variable)'",
                parameter.name.range ?? other.range)
        }
        var scripts: Set<String> = []
        for script in appliance.firstBoot.work.scripts where !scripts.insert(script.name).inserted {
            fail("duplicate-script", "there are two boot scripts with the name '\(script.name)'", script.range)
        }
        var paths = Set(appliance.files.map(\.path.value))
        let work = appliance.firstBoot.work
        for path in work.environments.map(\.path) + work.templates.map(\.path)
        where !paths.insert(path.value).inserted {
            fail("duplicate-file", "'\(path.value)' is given twice", path.range)
        }
    }
}
