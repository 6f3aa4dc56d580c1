import ApplianceSpec
import Diagnostics
import DiskAssembly
import FileTrees
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
        // What reads other files, asks for a key, or has no end, is not opened.
        guard !container.contains(where: { Self.unopened.contains($0.code) }) else { return container }
        let found: [LintFinding]
        do {
            found = try await contents(of: path, target: target)
        } catch {
            try Task.checkCancellation()
            guard let finding = Self.finding(error) else { throw error }
            // What is wrong for its importer may be whole for us. Where it is not, that has been said already.
            let isSaid =
                container.contains { $0.severity == .error } && finding.code != InspectionError.Code.external.rawValue
            return isSaid ? container : container + [finding]
        }
        return container + found
    }

    private static let unopened: Set<String> = [
        "empty-image", "qcow2-backing-file", "qcow2-external", "qcow2-encrypted", "qcow2-shared-cluster",
        "vmdk-external",
        InspectionError.Code.unpacksTooLarge.rawValue,
    ]

    /// What keeps an image from being read is wrong with the image; nil where it is the machine that fails.
    private static func finding(_ error: any Error) -> LintFinding? {
        switch error {
        case let error as InspectionError: error.finding
        case let error as HostError where [.archive, .commandFailed].contains(error.code):
            LintFinding(
                .error, "unreadable-image", ([error.message] + error.notes.prefix(1)).joined(separator: ": "),
                reason: "what its own readers refuse, an importer refuses too", source: "QEMU, qemu-img(1); libarchive",
                remedy: "make or download the image again")
        default: nil
        }
    }

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
        // A squashfs alone is a container's tree.
        let target = disk.table.kind == .none && disk.format == ImageContainer.squashfs.rawValue ? .rootfs : target
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
        let numbers = disk.foreignParts.filter { !disk.physicalVolumes.contains($0) }
        let hasVolumes = !disk.physicalVolumes.isEmpty
        guard !numbers.isEmpty || hasVolumes else { return }
        let path = disk.raw.path
        let useKVM = try await host.virtualization().proof.works
        let requests = numbers.map { ForeignTrees.Request(disk: 0, partition: $0) }
        let title = "read \(numbers.count + disk.physicalVolumes.count) partitions through libguestfs"
        let trees = try await host.progress.step("libguestfs", title) {
            try await ForeignTrees(host: host).trees(requests, of: [path], withVolumes: hasVolumes, useKVM: useKVM)
        }
        for (number, archive) in zip(numbers, trees.archives) {
            if let archive { try disk.attach(archive: archive, to: number) }
        }
        for volume in trees.volumes {
            try disk.attach(
                archive: volume.archive, ofVolume: volume.name, group: volume.group, type: volume.type,
                uuid: volume.uuid,
                label: volume.label)
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
