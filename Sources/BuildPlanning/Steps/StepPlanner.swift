import ApplianceSpec
package import ContentDigest
import Diagnostics

/// The digests of the host's files that a spec names, found by the driver: by the path that the spec's value holds,
/// then by the file's path below it (`.` for a single file). File modes are part of a digest.
package typealias HostFileDigests = [String: [String: Digest]]

/// Chains the steps of a build: each one's inputs hold the digest of what it stands on.
struct StepPlanner {
    let appliance: Appliance
    let lock: Lockfile
    let hostFiles: HostFileDigests
    let identity: DiskIdentity

    func steps() -> [BuildStep] {
        let tools = toolsStep()
        let base = baseStep()
        let packages = packagesStep(on: base)
        let python = appliance.python.map { pythonStep($0, on: packages, tools: tools) }
        let configuration = configurationStep(on: python ?? packages)
        let disk = diskStep(on: configuration, tools: tools)
        return [tools, base, packages] + (python.map { [$0] } ?? []) + [configuration, disk]
    }

    private func toolsStep() -> BuildStep {
        var inputs = StepInputs()
        inputs.add("tools code", text: "\(StepVersion.tools)")
        add(lock.tools, to: &inputs)
        return BuildStep(kind: .tools, name: releaseName, title: "unpack the build tools", inputs: inputs)
    }

    private func baseStep() -> BuildStep {
        var inputs = StepInputs()
        inputs.add("base code", text: "\(StepVersion.base)")
        inputs.add("timestamp", text: "\(lock.timestamp)")
        add(lock.packages.filter { $0.layer == .base }, to: &inputs)
        return BuildStep(kind: .base, name: releaseName, title: "install the base system", inputs: inputs)
    }

    private func packagesStep(on base: BuildStep) -> BuildStep {
        var inputs = StepInputs()
        inputs.add("packages code", text: "\(StepVersion.packages)")
        inputs.add("base system", base.digest)
        inputs.add("timestamp", text: "\(lock.timestamp)")
        add(lock.packages.filter { $0.layer == .appliance }, to: &inputs)
        return BuildStep(
            kind: .packages, name: appliance.name.value, title: "install the appliance's packages", inputs: inputs)
    }

    private func pythonStep(_ python: PythonEnvironment, on base: BuildStep, tools: BuildStep) -> BuildStep {
        var inputs = StepInputs()
        inputs.add("python code", text: "\(StepVersion.python)")
        inputs.add("packages", base.digest)
        inputs.add("tools", tools.digest)
        inputs.add("timestamp", text: "\(lock.timestamp)")
        inputs.add("environment path", text: python.path)
        for wheel in lock.wheels { inputs.add("wheel \(wheel.file)", wheel.sha256) }
        return BuildStep(
            kind: .python, name: appliance.name.value, title: "make the Python environment", inputs: inputs)
    }

    private func configurationStep(on base: BuildStep) -> BuildStep {
        var inputs = StepInputs()
        inputs.add("configuration code", text: "\(StepVersion.configuration)")
        inputs.add("installed system", base.digest)
        inputs.add("timestamp", text: "\(lock.timestamp)")
        inputs.add("root filesystem", text: identity.rootUUID)
        inputs.add("name", text: appliance.name.value)
        inputs.add("version", text: appliance.version.value)
        inputs.add("distribution", text: "\(appliance.distribution.name) \(appliance.distribution.release.value)")
        inputs.add("system", text: canonical(appliance.system))
        inputs.add("boot", text: appliance.disk.boot.map(\.rawValue).sorted().joined(separator: ","))
        inputs.add("first boot", text: appliance.firstBoot.dataSources.joined(separator: ","))
        inputs.add("services", text: canonical(appliance.services))
        for user in appliance.users { inputs.add("user \(user.name.value)", text: canonical(user)) }
        for (number, script) in appliance.scripts.enumerated() {
            // Scripts run in order, so their place is part of the input.
            inputs.add("script \(number + 1) (\(script.name))", text: script.text)
        }
        // The order of the files too: a later entry may lie inside a folder that an earlier one copies.
        inputs.add("file order", text: appliance.files.map(\.path.value).joined(separator: "\n"))
        for file in appliance.files { add(file, to: &inputs) }
        return BuildStep(
            kind: .configuration, name: appliance.name.value, title: "configure the appliance", inputs: inputs)
    }

    private func diskStep(on root: BuildStep, tools: BuildStep) -> BuildStep {
        var inputs = StepInputs()
        inputs.add("disk code", text: "\(StepVersion.disk)")
        inputs.add("root filesystem", root.digest)
        inputs.add("tools", tools.digest)
        inputs.add("timestamp", text: "\(lock.timestamp)")
        inputs.add("disk settings", text: canonical(appliance.disk))
        inputs.add("disk identity", text: identity.seed.hex)
        return BuildStep(kind: .disk, name: appliance.name.value, title: "assemble the disk", inputs: inputs)
    }

    /// A host path as a name that is the same wherever the spec's folder lies.
    private func sourceName(_ path: String, of file: FileEntry) -> String {
        let folder = appliance.directory + "/"
        return path.hasPrefix(folder) ? String(path.dropFirst(folder.count)) : "source of \(file.path.value)"
    }

    private var releaseName: String { "\(appliance.distribution.name)-\(appliance.distribution.release.value)" }

    private func add(_ packages: [LockedPackage], to inputs: inout StepInputs) {
        for package in packages {
            inputs.add("package \(package.name):\(package.architecture) \(package.version)", package.sha256)
        }
    }

    private func add(_ file: FileEntry, to inputs: inout StepInputs) {
        let mode = file.mode.map { String($0, radix: 8) } ?? "-"
        let head = "mode \(mode) owner \(file.owner ?? "-")"
        let name = "file \(file.path.value)"
        switch file.content {
        case .text(let text): inputs.add(name, text: "\(head) text\n\(text)")
        case .symlink(let target): inputs.add(name, text: "\(head) symlink\n\(target)")
        case .directory: inputs.add(name, text: "\(head) directory")
        case .absent: inputs.add(name, text: "absent")
        case .source(let path):
            inputs.add(name, text: "\(head) source")
            for (relative, digest) in hostFiles[path] ?? [:] {
                let source = sourceName(path, of: file)
                inputs.add(relative == "." ? source : "\(source)/\(relative)", digest)
            }
        }
    }
}
