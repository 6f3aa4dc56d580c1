import ApplianceSpec
package import ContentDigest
import Diagnostics

/// The digests of the host's files that a spec names, found by the driver: by the path that the spec's value holds,
/// then by the file's path below it (`.` for a single file). One that may be executed has an entry more, with
/// `InputName.executableMark` behind its path.
package typealias HostFileDigests = [String: [String: Digest]]

/// Chains the steps of a build: each one's inputs hold the digest of what it stands on.
struct StepPlanner {
    let appliance: Appliance
    let lock: Lockfile
    let hostFiles: HostFileDigests
    let identity: DiskIdentity
    var secrets: [String: Digest] = [:]

    func steps() -> [BuildStep] {
        let tools = toolsStep()
        let base = baseStep()
        let initramfs = initramfsStep(on: base)
        let packages = packagesStep(on: base)
        let python = appliance.python.map { pythonStep($0, on: packages, tools: tools) }
        let configuration = configurationStep(on: python ?? packages, initramfs: initramfs)
        let disk = diskStep(on: configuration, tools: tools)
        return [tools, base, initramfs, packages] + (python.map { [$0] } ?? []) + [configuration, disk]
            + appliance.targets.flatMap { target in
                // A tree is one, however many disks hold it.
                let disks = target.value.profile.isBootable ? [nil] + otherDisks : [nil]
                return disks.map { formatStep(target.value, of: disk, named: $0, tools: tools) }
            }
    }

    private func toolsStep() -> BuildStep {
        var inputs = StepInputs()
        inputs.add(InputName.code(.tools), text: "\(StepVersion.tools)")
        add(lock.tools, to: &inputs)
        return BuildStep(kind: .tools, name: releaseName, title: "unpack the build tools", inputs: inputs)
    }

    private func baseStep() -> BuildStep {
        var inputs = StepInputs()
        inputs.add(InputName.code(.base), text: "\(StepVersion.base)")
        inputs.add(InputName.timestamp, text: "\(lock.timestamp)")
        add(lock.packages.filter { $0.layer == .base }, to: &inputs)
        return BuildStep(kind: .base, name: releaseName, title: "install the base system", inputs: inputs)
    }

    /// Beside the base and no part of it, so that what comes on top of the base need not wait for it.
    private func initramfsStep(on base: BuildStep) -> BuildStep {
        var inputs = StepInputs()
        inputs.add(InputName.code(.initramfs), text: "\(StepVersion.initramfs)")
        inputs.add(InputName.step(base.kind), base.digest)
        inputs.add(InputName.timestamp, text: "\(lock.timestamp)")
        return BuildStep(kind: .initramfs, name: releaseName, title: "make the initramfs", inputs: inputs)
    }

    private func packagesStep(on base: BuildStep) -> BuildStep {
        var inputs = StepInputs()
        inputs.add(InputName.code(.packages), text: "\(StepVersion.packages)")
        inputs.add(InputName.step(base.kind), base.digest)
        inputs.add(InputName.timestamp, text: "\(lock.timestamp)")
        add(lock.packages.filter { $0.layer == .appliance }, to: &inputs)
        return BuildStep(
            kind: .packages, name: appliance.name.value, title: "install the appliance's packages", inputs: inputs)
    }

    private func pythonStep(_ python: PythonEnvironment, on base: BuildStep, tools: BuildStep) -> BuildStep {
        var inputs = StepInputs()
        inputs.add(InputName.code(.python), text: "\(StepVersion.python)")
        inputs.add(InputName.step(base.kind), base.digest)
        inputs.add(InputName.step(tools.kind), tools.digest)
        inputs.add(InputName.timestamp, text: "\(lock.timestamp)")
        inputs.add("environment path", text: python.path)
        for wheel in lock.wheels { inputs.add(InputName.wheel(wheel.file), wheel.sha256) }
        return BuildStep(
            kind: .python, name: appliance.name.value, title: "make the Python environment", inputs: inputs)
    }

    private func configurationStep(on base: BuildStep, initramfs: BuildStep) -> BuildStep {
        var inputs = StepInputs()
        inputs.add(InputName.code(.configuration), text: "\(StepVersion.configuration)")
        inputs.add(InputName.step(base.kind), base.digest)
        inputs.add(InputName.step(initramfs.kind), initramfs.digest)
        inputs.add(InputName.timestamp, text: "\(lock.timestamp)")
        inputs.add(InputName.identity, text: identity.rootUUID)
        inputs.add("name", text: appliance.name.value)
        inputs.add("version", text: appliance.version.value)
        inputs.add("distribution", text: "\(appliance.distribution.name) \(appliance.distribution.release.value)")
        addSystem(to: &inputs)
        for user in appliance.users { inputs.add(InputName.user(user.name.value), text: canonical(user)) }
        let scripts = namedScripts
        for (name, script) in scripts { inputs.add(name, text: canonical(script)) }
        // Scripts run in order, so their place is part of the input.
        inputs.add(InputName.scriptOrder, text: scripts.map(\.name).joined(separator: "\n"))
        // The order of the files too: a later entry may lie inside a folder that an earlier one copies.
        inputs.add(InputName.fileOrder, text: appliance.files.map(\.path.value).joined(separator: "\n"))
        for file in appliance.files { add(file, to: &inputs) }
        let labels = scripts.compactMap { name, script in script.file.map { (name, $0) } }
        return BuildStep(
            kind: .configuration, name: appliance.name.value, title: "configure the appliance", inputs: inputs,
            labels: Dictionary(labels, uniquingKeysWith: { $1 }), hostPaths: hostPaths, folder: appliance.directory)
    }

    private func diskStep(on root: BuildStep, tools: BuildStep) -> BuildStep {
        var inputs = StepInputs()
        inputs.add(InputName.code(.disk), text: "\(StepVersion.disk)")
        inputs.add(InputName.step(root.kind), root.digest)
        inputs.add(InputName.step(tools.kind), tools.digest)
        inputs.add(InputName.timestamp, text: "\(lock.timestamp)")
        for (key, text) in canonical(appliance.disk) { inputs.add("disk.\(key)", text: text) }
        inputs.add(InputName.identity, text: identity.seed.hex)
        if let storage = appliance.disk.storage {
            inputs.add("code of the layout", text: "\(StepVersion.layout)")
            for secret in storage.secrets {
                inputs.add("secret \(secret.value)", text: secrets[secret.value]?.hex ?? "not given")
            }
        }
        return BuildStep(kind: .disk, name: appliance.name.value, title: "assemble the disk", inputs: inputs)
    }

    /// The names of the disks besides the one that boots.
    private var otherDisks: [String?] { appliance.disk.storage?.disks.dropFirst().map(\.name.value) ?? [] }

    private func formatStep(
        _ target: Target, of disk: BuildStep, named name: String?, tools: BuildStep
    ) -> BuildStep {
        var inputs = StepInputs()
        inputs.add("format", text: target.rawValue)
        inputs.add(InputName.code(.format), text: "\(StepVersion.format)")
        inputs.add(InputName.step(disk.kind), disk.digest)
        inputs.add(InputName.step(tools.kind), tools.digest)
        if let name { inputs.add("disk", text: name) }
        if target != .qcow2, target != .raw || appliance.formats.raw != [.plain] { addTarget(to: &inputs) }
        let suffix = name.map { " of \($0)" } ?? ""
        return BuildStep(
            kind: .format, name: "\(appliance.name.value) \(target.rawValue)\(suffix)",
            title: "write \(target.rawValue)\(suffix)", inputs: inputs, target: target, disk: name)
    }

    /// What the descriptions beside a disk are made of.
    private func addTarget(to inputs: inout StepInputs) {
        inputs.add("code of the target", text: "\(StepVersion.target)")
        inputs.add(InputName.timestamp, text: "\(lock.timestamp)")
        inputs.add("name", text: appliance.name.value)
        inputs.add("version", text: appliance.version.value)
        inputs.add("summary", text: appliance.summary)
        inputs.add("distribution", text: "\(appliance.distribution.name) \(appliance.distribution.release.value)")
        inputs.add("architecture", text: appliance.architecture.rawValue)
        inputs.add("machine", text: "\(appliance.memory.bytes) \(appliance.cpus)")
        inputs.add("disk.boot", text: appliance.disk.boot.map(\.rawValue).sorted().joined(separator: ","))
        inputs.add("formats", text: appliance.formats.canonicalText)
    }

    private var releaseName: String { "\(appliance.distribution.name)-\(appliance.distribution.release.value)" }

    private func add(_ packages: [LockedPackage], to inputs: inout StepInputs) {
        for package in packages {
            inputs.add(InputName.package(package.name, package.architecture, package.version), package.sha256)
        }
    }
}
