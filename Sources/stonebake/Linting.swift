import ApplianceSpec
import Diagnostics
import DiskAssembly
import Foundation
import HostSystem
import ImageExport
import ImageInspection

/// Looks at an image: its container natively, its contents read-only, with libguestfs for filesystems that have no reader
/// here. Nothing is fetched, and nothing is changed.
struct Linting: Sendable {
    let host: Host

    /// What is wrong with the image file.
    ///
    /// - Parameter target: where it is to run; nil: what can be said of any image
    /// - Throws: `InspectionError`, `DiskError`, `HostError`, `CancellationError`.
    func findings(_ path: String, target: Target?) async throws -> [LintFinding] {
        let container = try await container(path, target: target)
        // What reads other files, or asks for a key, is not opened.
        guard !container.contains(where: { Self.unopened.contains($0.code) }) else { return container }
        if container.contains(where: { $0.severity == .error }) {
            // What is wrong for its importer may be whole for us. Where it is not, that has been said already.
            let found = try? await contents(of: path, target: target)
            try Task.checkCancellation()
            return container + (found ?? [])
        }
        return container + (try await contents(of: path, target: target))
    }

    private static let unopened: Set<String> = ["qcow2-backing-file", "qcow2-external", "qcow2-encrypted"]

    /// Of its disk, or of its tree where it is a container's.
    private func contents(of path: String, target: Target?) async throws -> [LintFinding] {
        if let layers = try await TreeExtraction(host: host).layers(of: path) {
            return try await blocking(named: "lint") { cancelled in
                let tree = try DiskContents(name: path, layers: layers)
                return try ContentLint(tree, targets: [.rootfs], cancelled: cancelled).findings()
            }
        }
        guard let disk = try await disk(in: path, target: target) else { return [] }
        return try await contents(disk, target: target)
    }

    func container(_ path: String, target: Target?) async throws -> [LintFinding] {
        try await blocking(named: "lint") { cancelled in
            try ContainerLint(try BlockSource(path), target: target, cancelled: cancelled).findings()
        }
    }

    func contents(_ disk: DiskContents, target: Target?) async throws -> [LintFinding] {
        var disk = disk
        try await readForeignParts(&disk)
        let opened = disk
        return try await blocking(named: "lint") { cancelled in
            try ContentLint(opened, targets: target.map { [$0] } ?? [], cancelled: cancelled).findings()
        }
    }

    /// The raw disk out of the container; nil where it holds none.
    func disk(in path: String, target: Target?) async throws -> DiskContents? {
        if let target, !target.profile.isBootable { return nil }
        guard let raw = try await DiskExtraction(host: host).raw(path) else { return nil }
        return try await blocking(named: "image") {
            try DiskContents(name: path, format: raw.format, raw: raw.path)
        }
    }

    private func readForeignParts(_ disk: inout DiskContents) async throws {
        let numbers = disk.foreignParts
        guard !numbers.isEmpty else { return }
        let path = disk.raw.path
        let useKVM = try await host.virtualization().proof.works
        let requests = numbers.map { ForeignTrees.Request(disk: 0, partition: $0) }
        let archives = try await host.progress.step(
            "libguestfs", "read \(numbers.count) filesystems through libguestfs"
        ) {
            try await ForeignTrees(host: host).archives(requests, of: [path], useKVM: useKVM)
        }
        for (number, archive) in zip(numbers, archives) {
            if let archive { try disk.attach(archive: archive, to: number) }
        }
    }
}

extension DiagnosticReport {
    init(_ findings: [LintFinding], image: String) {
        self.init(findings.map { $0.diagnostic(image: image) })
    }
}

extension LintExpectations {
    /// What a spec asks for.
    init(_ appliance: Appliance) {
        var passwords: Set<String> = []
        if appliance.root.password != nil { passwords.insert("root") }
        for user in appliance.users {
            if case .hashed = user.password { passwords.insert(user.name.value) }
        }
        self.init(
            passwords: passwords, users: Set(appliance.users.map(\.name.value)),
            hasKeys: !appliance.root.sshKeys.isEmpty || appliance.users.contains { !$0.sshKeys.isEmpty },
            hasHostname: appliance.system.hostname != nil,
            files: Set(appliance.files.map { String($0.path.value.dropFirst()) }))
    }
}
