import ApplianceSpec
import ContentDigest
import Diagnostics

// What the configuration step depends on, by the keys of the spec.
extension StepPlanner {
    func addSystem(to inputs: inout StepInputs) {
        let system = appliance.system
        inputs.add("hostname", text: system.hostname ?? "-")
        inputs.add("locale", text: system.locale)
        inputs.add("timezone", text: system.timezone)
        inputs.add("kernel-arguments", text: system.kernelArguments.joined(separator: " "))
        inputs.add("disk.boot", text: appliance.disk.boot.map(\.rawValue).sorted().joined(separator: ","))
        if let storage = appliance.disk.storage {
            inputs.add("disk.layout", text: "\(StepVersion.layout) \(canonical(storage))")
        }
        inputs.add("first-boot", text: appliance.firstBoot.dataSources.joined(separator: ","))
        addMachine(to: &inputs)
        let services = appliance.services
        for (key, units) in [("enable", services.enable), ("disable", services.disable), ("mask", services.mask)] {
            inputs.add("services.\(key)", text: units.map(\.value).joined(separator: "\n"))
        }
        guard let application = appliance.application else { return }
        // Its files follow from these, and nobody looks for a change in a file that they did not write.
        inputs.add("summary", text: appliance.summary)
        for (key, value) in application.settings { inputs.add("application.\(application.kind).\(key)", text: value) }
    }

    /// What most specs leave alone is no input then, so that a new key does not build anything again.
    private func addMachine(to inputs: inout StepInputs) {
        let system = appliance.system
        if !appliance.initramfsModules.isEmpty {
            inputs.add("initramfs modules", text: appliance.initramfsModules.joined(separator: "\n"))
        }
        // Of the initramfs's scripts, which other specs have none of.
        if BootConfiguration.hasRootDelay(system.kernelArguments) { inputs.add("rootdelay", text: "1") }
        if !system.moreLocales.isEmpty { inputs.add("locales", text: system.moreLocales.joined(separator: "\n")) }
        if let keyboard = system.keyboard {
            let parts = [keyboard.layouts, keyboard.variants, [keyboard.model], keyboard.options]
            inputs.add("keyboard", text: parts.map { $0.joined(separator: ",") }.joined(separator: "\n"))
        }
        if let timeout = appliance.bootLoader.timeout { inputs.add("boot-loader.timeout", text: "\(timeout)") }
        if let password = appliance.bootLoader.password { inputs.add("boot-loader.password", text: password) }
        if !appliance.packages.hasDocumentation { inputs.add("packages.documentation", text: "false") }
        if let languages = appliance.packages.languages {
            inputs.add("packages.languages", text: languages.joined(separator: "\n"))
        }
        for group in appliance.groups {
            let number = group.gid.map(String.init) ?? "-"
            inputs.add("groups: \(group.name.value)", text: "gid \(number) system \(group.isSystem)")
        }
        let root = appliance.root
        if let password = root.password { inputs.add("root.password", text: canonical(password)) }
        if !root.sshKeys.isEmpty { inputs.add("root.ssh-keys", text: root.sshKeys.joined(separator: "\n")) }
    }

    /// Each script with the name of its input; scripts of one name are told apart by their number.
    var namedScripts: [(name: String, script: ScriptEntry)] {
        var counts: [String: Int] = [:]
        return appliance.scripts.map { script in
            counts[script.name, default: 0] += 1
            let number = counts[script.name] ?? 1
            return (InputName.script(number > 1 ? "\(script.name) #\(number)" : script.name), script)
        }
    }

    func add(_ file: FileEntry, to inputs: inout StepInputs) {
        let mode = file.mode.map { String($0, radix: 8) } ?? "-"
        let head = "mode \(mode) owner \(file.owner ?? "-")"
        // What the application's kind adds has no place in the spec.
        let name = file.path.range == nil ? InputName.application(file.path.value) : InputName.file(file.path.value)
        switch file.content {
        case .text(let text): inputs.add(name, text: "\(head) text\n\(text)")
        case .symlink(let target): inputs.add(name, text: "\(head) symlink\n\(target)")
        case .directory: inputs.add(name, text: "\(head) directory")
        case .absent: inputs.add(name, text: "absent")
        case .source(let path):
            inputs.add(name, text: "\(head) source")
            for (relative, digest) in hostFiles[path] ?? [:] {
                let source = sourceName(path, of: file)
                let isFile = relative == "." || relative == "." + InputName.executableMark
                inputs.add(InputName.source(isFile ? source + relative.dropFirst() : "\(source)/\(relative)"), digest)
            }
        }
    }

    /// A host path as a name that is the same wherever the spec's folder lies.
    private func sourceName(_ path: String, of file: FileEntry) -> String {
        let folder = appliance.directory + "/"
        return path.hasPrefix(folder) ? String(path.dropFirst(folder.count)) : "of \(file.path.value)"
    }

    /// Where the named sources lie here.
    var hostPaths: [String: String] {
        var paths: [String: String] = [:]
        for file in appliance.files {
            guard case .source(let path) = file.content else { continue }
            paths[sourceName(path, of: file)] = path
        }
        return paths
    }
}
