import ApplianceSpec
import BuildPlanning
import ContentDigest
import Diagnostics
import Foundation
import Testing

@Suite struct `The steps of a build` {
    @Test func `come in the order in which they run, each on the one before`() throws {
        let plan = try plan()
        #expect(plan.steps.map(\.kind) == [.tools, .base, .initramfs, .packages, .configuration, .disk, .format])
        #expect(plan.formats.map(\.target) == [.qcow2])
        #expect(Set(plan.steps.map(\.digest)).count == 7)
        for step in plan.steps { #expect(plan[step.kind]?.digest == step.digest) }
        #expect(plan[.disk]?.inputs.entries[BuildStep.treeInput] == plan[.configuration]?.digest)
    }

    @Test func `are the same for the same spec, wherever its lines stand`() throws {
        let moved = spec.replacingOccurrences(of: "packages:", with: "\n\n# a remark\npackages:")
        #expect(try plan(moved).steps.map(\.digest) == plan().steps.map(\.digest))
    }

    /// What changes, and the first step that it makes run again.
    @Test(arguments: [
        ("  content: hello\n", "  content: changed\n", BuildStep.Kind.configuration, ["files: /etc/motd"]),
        ("summary: A test", "summary: Another test", nil, []),
        ("name: test", "name: other", .configuration, ["name", "the disk's identity"]),
        ("locale: C.UTF-8", "locale: de_DE.UTF-8", .configuration, ["locale"]),
        ("free: 20%", "free: 30%", .disk, ["disk.free"]),
        ("budget: 2 GB", "budget: 3 GB", nil, []),
        ("run: echo", "run: printf", .configuration, ["scripts: one"]),
    ])
    func `name the input that changed`(
        old: String, new: String, first: BuildStep.Kind?, inputs: [String]
    ) throws {
        let changed = spec.replacingOccurrences(of: old, with: new)
        try #require(changed != spec)
        let (before, after) = (try plan(), try plan(changed))
        let missed = zip(before.steps, after.steps).filter { $0.digest != $1.digest }
        #expect(missed.first?.1.kind == first)
        guard let (old, new) = missed.first else { return }
        #expect(new.inputs.differences(from: old.inputs) == inputs)
        // Everything that stands on it runs too.
        #expect(missed.last?.1.kind == .format)
    }

    @Test func `another base package makes all layers again, but not the tools`() throws {
        let before = try plan()
        let after = try plan(baseVersion: "2")
        let missed = zip(before.steps, after.steps).filter { $0.digest != $1.digest }.map(\.1.kind)
        #expect(missed == [.base, .initramfs, .packages, .configuration, .disk, .format])
        #expect(
            after[.base].map { step in before[.base].map { step.inputs.differences(from: $0.inputs) } ?? [] } == [
                "package base-files:amd64 1", "package base-files:amd64 2",
            ])
    }

    @Test func `an edited source file is named by its path`() throws {
        let text = spec.replacingOccurrences(of: "content: hello", with: "source: page.txt")
        let before = try plan(text, hostFile: "1")
        let after = try plan(text, hostFile: "2")
        let (old, new) = (try #require(before[.configuration]), try #require(after[.configuration]))
        #expect(new.inputs.differences(from: old.inputs) == ["source page.txt"])
    }

    private let spec = """
        stonebake: 1
        name: test
        version: 1.0.0
        summary: A test
        distribution: {name: debian, release: trixie}
        locale: C.UTF-8
        disk: {free: 20%, budget: 2 GB}
        packages:
          install: [hello]
        files:
        - path: /etc/motd
          content: hello
        scripts:
        - name: one
          run: echo
        """ + "\n"

    private func plan(_ text: String? = nil, baseVersion: String = "1", hostFile: String = "1") throws -> BuildPlan {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data("page".utf8).write(to: folder.appendingPathComponent("page.txt"))
        let file = folder.appendingPathComponent("appliance.yaml")
        try Data((text ?? spec).utf8).write(to: file)
        let (compiled, report) = SpecCompiler(workingDirectory: folder.path).compile("appliance.yaml")
        let appliance = try #require(compiled, "\(report.rendered(as: .text))")
        var hostFiles: HostFileDigests = [:]
        for case .source(let path) in appliance.files.map(\.content) {
            // The folder differs from test to test, as it does from machine to machine.
            hostFiles[path] = [".": Digest.of(hostFile)]
        }
        return BuildPlan(appliance: appliance, lock: lock(baseVersion), hostFiles: hostFiles)
    }

    private func lock(_ baseVersion: String) -> Lockfile {
        func package(_ name: String, _ version: String, _ layer: LockedPackage.Layer) -> LockedPackage {
            LockedPackage(
                name: name, version: version, architecture: "amd64", repository: "debian/trixie", path: "pool/x.deb",
                size: 1, sha256: Digest.of("\(name) \(version)"), installedSize: 1, layer: layer)
        }
        return Lockfile(
            spec: LockedSpec(name: "test", version: "1.0.0", inputs: StepInputs()), timestamp: 1, repositories: [],
            packages: [package("base-files", baseVersion, .base), package("hello", "2.10", .appliance)],
            tools: [package("e2fsprogs", "1.47.2", .base)], wheels: [])
    }
}
