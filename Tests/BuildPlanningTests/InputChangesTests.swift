import ApplianceSpec
import ContentDigest
import Diagnostics
import Foundation
import Testing

@testable import BuildPlanning

/// A spec in a folder, and what `plan` says after it was changed.
private final class Change {
    let folder: URL
    private(set) var lock: Lockfile

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("changes-\(UUID().uuidString)")
        for sub in ["specs/shop/app", "specs/common"] {
            try FileManager.default.createDirectory(
                at: folder.appendingPathComponent(sub), withIntermediateDirectories: true)
        }
        func package(_ name: String, _ layer: LockedPackage.Layer) -> LockedPackage {
            LockedPackage(
                name: name, version: "1.0-1", architecture: "amd64", repository: "debian/trixie", path: "pool/x.deb",
                size: 1, sha256: Digest.of(name), installedSize: 1, layer: layer)
        }
        func wheel(_ name: String, _ version: String) -> LockedWheel {
            LockedWheel(
                name: name, version: version, file: "\(name)-\(version)-py3-none-any.whl",
                sha256: Digest.of("\(name) \(version)"), isRequested: true)
        }
        lock = Lockfile(
            spec: LockedSpec(name: "shop", version: "1", inputs: StepInputs()), timestamp: 1, repositories: [],
            packages: [package("libc6", .base), package("nginx-light", .appliance), package("nginx", .appliance)],
            tools: [package("e2fsprogs", .base)], wheels: [wheel("flask", "3.1.0"), wheel("gunicorn", "23.0")])
        try write("def app(): pass\n", "specs/shop/app/shop.py")
        try write("#!/bin/sh\n", "specs/shop/app/run.sh")
        try write("echo set up\n", "specs/shop/setup.sh")
        try write("flask\n", "specs/shop/requirements.txt")
        try write("hello\n", "specs/common/motd")
        try write(
            """
            stonebake: 1
            distribution: {name: debian, release: trixie}
            locale: C.UTF-8
            kernel-arguments: [quiet]
            files:
            - {path: /etc/motd, source: motd}
            - {path: /etc/issue, content: welcome}
            """ + "\n", "specs/common/base.yaml")
        try write(
            """
            stonebake: 1
            name: shop
            version: 1.0.0
            summary: A shop
            extends: ../common/base.yaml
            disk: {size: auto, free: 20%}
            application:
              wsgi: {module: "shop:app", source: app, requirements: requirements.txt, workers: 2}
            users: [{name: alice, groups: [sudo]}]
            services: {mask: [apt-daily.timer]}
            scripts:
            - {name: first, run: echo one}
            - {source: setup.sh}
            """ + "\n", "specs/shop/appliance.yaml")
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func write(_ text: String, _ path: String) throws {
        try Data(text.utf8).write(to: folder.appendingPathComponent(path))
    }

    func edit(_ path: String, _ old: String, _ new: String) throws {
        let text = try String(contentsOf: folder.appendingPathComponent(path), encoding: .utf8)
        let edited = text.replacingOccurrences(of: old, with: new)
        try #require(edited != text)
        try write(edited, path)
    }

    func remove(_ path: String) throws { try FileManager.default.removeItem(at: folder.appendingPathComponent(path)) }

    func setMode(_ mode: Int, _ path: String) throws {
        try FileManager.default.setAttributes(
            [.posixPermissions: mode], ofItemAtPath: folder.appendingPathComponent(path).path)
    }

    func editLock(_ change: (inout Lockfile) -> Void) { change(&lock) }

    /// As the driver makes it: from the folder that holds `specs`.
    func plan() throws -> BuildPlan {
        let compiler = SpecCompiler(workingDirectory: folder.path)
        let (compiled, report) = compiler.compile("specs/shop/appliance.yaml")
        let appliance = try #require(compiled, "\(report.rendered(as: .text))")
        var hostFiles: HostFileDigests = [:]
        for path in appliance.hostSources {
            var digests: [String: Digest] = [:]
            for entry in try SourceTree.entries(of: path) {
                guard case .file(let isExecutable) = entry.kind else { continue }
                let file = entry.path == "." ? path : "\(path)/\(entry.path)"
                digests[entry.path] = Digest.of(try String(contentsOfFile: file, encoding: .utf8))
                if isExecutable { digests[entry.path + InputName.executableMark] = Digest.of("executable") }
            }
            hostFiles[path] = digests
        }
        return BuildPlan(appliance: appliance, lock: lock, hostFiles: hostFiles)
    }

    /// The first step that runs again after the change, and the reasons that it gives.
    func told(_ change: (Change) throws -> Void) throws -> [String] {
        let before = try plan()
        try change(self)
        let after = try plan()
        for step in after.steps {
            guard let old = before[step.kind], old.digest != step.digest else { continue }
            let changes = InputChanges(of: step, since: old.inputs, in: after.steps) { [folder] path in
                path.replacingOccurrences(of: folder.path + "/", with: "")
            }
            return ["\(step.kind.rawValue):"] + changes.lines
        }
        return []
    }
}

@Suite struct `What made a step run` {
    @Test(arguments: [
        ("specs/shop/app/shop.py", "pass", "return", ["configuration:", "specs/shop/app/shop.py changed"]),
        ("specs/common/motd", "hello", "good day", ["configuration:", "specs/common/motd changed"]),
        ("specs/shop/setup.sh", "set up", "set it up", ["configuration:", "specs/shop/setup.sh changed"]),
        ("specs/shop/appliance.yaml", "echo one", "echo two", ["configuration:", "scripts: first changed"]),
        ("specs/common/base.yaml", "[quiet]", "[quiet, debug]", ["configuration:", "kernel-arguments changed"]),
        ("specs/common/base.yaml", "C.UTF-8", "de_DE.UTF-8", ["configuration:", "locale changed"]),
        ("specs/common/base.yaml", "welcome", "be welcome", ["configuration:", "files: /etc/issue changed"]),
        ("specs/shop/appliance.yaml", "[sudo]", "[adm]", ["configuration:", "users: alice changed"]),
        ("specs/shop/appliance.yaml", "apt-daily.timer", "man-db.timer", ["configuration:", "services.mask changed"]),
        (
            "specs/shop/appliance.yaml", "workers: 2", "workers: 4",
            ["configuration:", "application.wsgi.workers changed"]
        ),
        ("specs/shop/appliance.yaml", "A shop", "The shop", ["configuration:", "summary changed"]),
        ("specs/shop/appliance.yaml", "version: 1.0.0", "version: 1.0.1", ["configuration:", "version changed"]),
        ("specs/shop/appliance.yaml", "free: 20%", "free: 30%", ["disk:", "disk.free changed"]),
        ("specs/shop/appliance.yaml", "size: auto, free: 20%", "size: 4 GB", ["disk:", "disk.size changed"]),
        (
            "specs/shop/appliance.yaml", "free: 20%}", "free: 20%, boot: [uefi]}",
            ["configuration:", "disk.boot changed"]
        ),
        (
            "specs/shop/appliance.yaml", "- {name: first, run: echo one}\n", "",
            ["configuration:", "scripts: first removed"]
        ),
        (
            "specs/shop/appliance.yaml", "- {source: setup.sh}\n",
            "- {source: setup.sh}\n- {name: last, run: echo}\n", ["configuration:", "scripts: last added"]
        ),
        (
            "specs/shop/appliance.yaml", "- {name: first, run: echo one}\n- {source: setup.sh}",
            "- {source: setup.sh}\n- {name: first, run: echo one}",
            ["configuration:", "the order of scripts changed"]
        ),
    ])
    func `is named by its file or its key`(file: String, old: String, new: String, told: [String]) throws {
        let change = try Change()
        #expect(try change.told { try $0.edit(file, old, new) } == told)
    }

    @Test func `is a file that came, went, or may be executed`() throws {
        let change = try Change()
        #expect(
            try change.told { try $0.write("", "specs/shop/app/new.py") } == [
                "configuration:", "specs/shop/app/new.py added",
            ])
        #expect(
            try change.told { try $0.setMode(0o755, "specs/shop/app/run.sh") } == [
                "configuration:", "specs/shop/app/run.sh changed (it may be executed now)",
            ])
        #expect(
            try change.told { try $0.setMode(0o644, "specs/shop/app/run.sh") } == [
                "configuration:", "specs/shop/app/run.sh changed (it may no longer be executed)",
            ])
        try change.setMode(0o755, "specs/shop/app/run.sh")
        #expect(
            try change.told { try $0.remove("specs/shop/app/run.sh") } == [
                "configuration:", "specs/shop/app/run.sh removed",
            ])
        // A permission that no image has.
        #expect(try change.told { try $0.setMode(0o600, "specs/shop/app/shop.py") } == [])
    }

    @Test func `is a file whose entry the spec no longer has`() throws {
        let change = try Change()
        #expect(
            try change.told { try $0.edit("specs/common/base.yaml", "- {path: /etc/motd, source: motd}\n", "") } == [
                "configuration:", "files: /etc/motd removed", "the source of /etc/motd removed",
            ])
    }

    @Test func `is a package or a wheel with both versions`() throws {
        let change = try Change()
        #expect(
            try change.told { change in
                change.editLock {
                    $0.packages[1].version = "1.1-1"
                    $0.packages[1].sha256 = Digest.of("other")
                }
            } == ["packages:", "package nginx-light 1.0-1 → 1.1-1"])
        #expect(
            try change.told { change in
                change.editLock { $0.packages[0].sha256 = Digest.of("rebuilt") }
            } == ["base:", "package libc6 1.0-1 changed (other content, same version)"])
        #expect(
            try change.told { change in change.editLock { $0.packages.remove(at: 2) } }
                == ["packages:", "package nginx 1.0-1 removed"])
        #expect(
            try change.told { change in
                change.editLock {
                    $0.wheels[0].version = "3.1.1"
                    $0.wheels[0].file = "flask-3.1.1-py3-none-any.whl"
                    $0.wheels[0].sha256 = Digest.of("3.1.1")
                    $0.wheels.remove(at: 1)
                }
            } == ["python:", "wheel flask 3.1.0 → 3.1.1", "wheel gunicorn 23.0 removed"])
        #expect(
            try change.told { change in change.editLock { $0.tools[0].version = "2.0-1" } }
                == ["tools:", "package e2fsprogs 1.0-1 → 2.0-1"])
    }

    @Test func `is the lock's timestamp, from the base on`() throws {
        let change = try Change()
        #expect(
            try change.told { change in change.editLock { $0.timestamp = 2 } }
                == ["base:", "the lock's timestamp changed"])
    }

    @Test func `is told whole when there are several`() throws {
        let change = try Change()
        let told = try change.told { change in
            try change.edit("specs/shop/app/shop.py", "pass", "return")
            try change.write("", "specs/shop/app/new.py")
            try change.edit("specs/shop/appliance.yaml", "echo one", "echo two")
            try change.edit("specs/common/base.yaml", "[quiet]", "[]")
        }
        #expect(
            told == [
                "configuration:", "kernel-arguments changed", "scripts: first changed", "specs/shop/app/new.py added",
                "specs/shop/app/shop.py changed",
            ])
    }

    @Test func `is the step before, where nothing of its own changed`() throws {
        let change = try Change()
        let before = try change.plan()
        try change.edit("specs/shop/app/shop.py", "pass", "return")
        let after = try change.plan()
        let (old, new) = (try #require(before[.disk]), try #require(after[.disk]))
        let changes = InputChanges(of: new, since: old.inputs, in: after.steps) { $0 }
        #expect(changes.causes.isEmpty)
        #expect(changes.lines == ["follows from 'configure the appliance'"])
    }

    @Test func `is Stonebake's own code`() throws {
        let plan = try Change().plan()
        let step = try #require(plan[.disk])
        var old = step.inputs
        old.add(InputName.code(.disk), text: "0")
        #expect(
            InputChanges(of: step, since: old, in: plan.steps) { $0 }.lines
                == ["Stonebake's own code for this step changed"])
    }
}
