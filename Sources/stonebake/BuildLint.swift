import ApplianceSpec
import BuildPlanning
import ContentDigest
import Diagnostics
import Foundation
import HostSystem
import ImageExport
import ImageInspection

/// Looks at what a build has made before it leaves: each container, and what is on the disk by the rules of each target.
/// What was looked at and was not wrong is not looked at again.
struct BuildLint: Sendable {
    /// Raise it when a rule changes: what older rules said is asked for again.
    private static let version = 4

    let host: Host
    let plan: BuildPlan
    /// Whether warnings fail the build too.
    let deniesWarnings: Bool

    /// - Parameter tree: writes the system's tree as a tar; nil where the store has what was found in it
    /// - Throws: `LintFailed` when something fails where it is to run.
    func check(_ files: [FormatFile], of image: DiskImage, tree: FormPool.TreeWriting?) async throws {
        let findings: [Told] = try await host.progress.step("lint", "look at the images") {
            try await self.findings(files, of: image, tree)
        }
        let stem = BuildPlan.outputName(plan.appliance)
        var failing: [Diagnostic] = []
        for finding in findings {
            let diagnostic = finding.finding.diagnostic(image: finding.file.map { stem + $0 } ?? stem)
            if finding.finding.severity == .error || deniesWarnings && finding.finding.severity == .warning {
                failing.append(diagnostic)
            } else {
                let hint = diagnostic.hint.map { "; \($0)" } ?? ""
                let level: ProgressEvent.Level = finding.finding.severity == .note ? .notice : .warning
                host.progress.send(.message(level, "\(diagnostic.message) [\(diagnostic.code)]\(hint)"))
            }
        }
        if !failing.isEmpty { throw LintFailed(diagnostics: failing) }
    }

    private struct Told: Codable, Sendable {
        /// Nil: of what is on the disk.
        var file: String?
        var finding: LintFinding
    }

    private func findings(
        _ files: [FormatFile], of image: DiskImage, _ tree: FormPool.TreeWriting?
    ) async throws -> [Told] {
        var told: [Told] = []
        let expectations = LintExpectations(plan.appliance)
        for file in files where Self.isContainer(file) {
            let (path, target) = (file.path, file.target)
            let found = try await remembered("\(file.sha256.hex) \(target.rawValue)") {
                try await Linting(host: host).container(path, target: target)
            }
            told += found.map { Told(file: file.suffix, finding: $0) }
        }
        let contents = try await contents(of: image.path, tree: tree)
        return told + expectations.apply(to: contents).map { Told(file: nil, finding: $0) }
    }

    /// What is on the disk, which may be asked while the disk is still being verified: `check` then knows the answer.
    ///
    /// - Parameter tree: in place of what of the disk has no native reader: XFS, Btrfs, volumes, what is encrypted
    @discardableResult
    func contents(of path: String, tree: FormPool.TreeWriting? = nil) async throws -> [LintFinding] {
        let targets = plan.appliance.targets.map(\.value)
        return try await remembered(contentsKey) {
            var contents = try await blocking(named: "lint") { _ in
                try DiskContents(name: "the disk", format: "raw", raw: path)
            }
            let folder = try host.scratch.newFolder("lint")
            defer { try? removeTree(folder) }
            if contents.hasUnreadParts, let tree {
                let archive = "\(folder)/tree.tar"
                _ = try await tree(archive)
                let opened = contents
                contents = try await blocking(named: "lint") { _ in
                    var contents = opened
                    try contents.attachSystem(archive)
                    return contents
                }
            }
            let opened = contents
            return try await blocking(named: "lint") { cancelled in
                try ContentLint(opened, targets: targets, cancelled: cancelled).findings()
            }
        }
    }

    /// Whether the tree is asked for: the spec divides the disks, and nothing is known of what is on them.
    var needsTree: Bool { plan.appliance.disk.storage != nil && known(contentsKey) == nil }

    private var contentsKey: String {
        let targets = plan.appliance.targets.map(\.value.rawValue)
        return "\(plan[.disk]?.digest.hex ?? "") \(targets.joined(separator: " "))"
    }

    private func remembered(
        _ what: String, _ body: () async throws -> [LintFinding]
    ) async throws -> [LintFinding] {
        if let known = known(what) { return known }
        let found = try await body()
        try host.store.remember(
            String(decoding: try JSONEncoder().encode(found), as: UTF8.self), as: Self.name(of: what))
        return found
    }

    private func known(_ what: String) -> [LintFinding]? {
        guard let text = try? host.store.recall(Self.name(of: what)) else { return nil }
        return try? JSONDecoder().decode([LintFinding].self, from: Data(text.utf8))
    }

    private static func name(of what: String) -> String { "lint-\(Digest.of("\(version) \(what)").hex)" }

    /// Not what only describes one, and no part of a layout that its archive holds too.
    private static func isContainer(_ file: FormatFile) -> Bool {
        let plain = [".json", ".sh", ".ps1", ".xml", ".vmlinux", ".initrd", "/oci-layout", ".ext4"]
        return !file.suffix.contains("/blobs/") && !plain.contains(where: file.suffix.hasSuffix)
    }
}

/// An image that would fail where it is to run.
struct LintFailed: Failure {
    let diagnostics: [Diagnostic]
    var exitCode: ExitCode { .inputWrong }
}
