import ApplianceSpec
import ArgumentParser
import BuildPlanning
import Diagnostics
import FileTrees
import Foundation
import ImageExport
import ImageInspection

struct DeployHelpCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deploy-help",
        abstract: "Print the commands from an image file to a running instance.",
        discussion: """
            With the names of the file and of what lies beside it filled in. What is known of the appliance comes from the \
            report.json that `build` has put there. docs/deploy.md has the same for every target.

            EXAMPLE
              stonebake deploy-help Images/wsgi-1.0.0/wsgi-1.0.0-openstack.qcow2
              stonebake deploy-help my-image.vhd --target azure
            """)

    @Argument(help: "The image file, or the folder of a build.", completion: .file())
    var image: String

    @Option(help: "The target (otherwise: what report.json or the file's name says).")
    var target: Target?

    @Flag(help: "Print a script in place of the explanation.")
    var script = false

    func run() throws {
        guard let identity = try Files.identity(image) else {
            throw HostError(.notFound, "there is no image '\(image)'")
        }
        let folder = identity.isFolder ? image : Files.folder(of: image.contains("/") ? image : "./\(image)")
        // Incus' and LXD's files are in a folder of their own.
        let report = try Self.report(in: folder) ?? Self.report(in: "\(folder)/..")
        let subject = try DeploymentSubject(image, isFolder: identity.isFolder, target: target, report: report)
        let guides = subject.guides
        guard !guides.isEmpty else {
            throw HostError(
                .notFound, "'\(image)' does not say for which target it is",
                hint: "name it: --target " + Target.allCases.map(\.rawValue).joined(separator: ", "))
        }
        print(
            guides.map { script ? $0.script : $0.text }.joined(separator: script ? "" : "\n\n"),
            terminator: script ? "" : "\n")
    }

    private static func report(in folder: String) throws -> BuildReport? {
        let path = "\(folder)/report.json"
        guard Files.exists(path) else { return nil }
        return try? JSONDecoder().decode(BuildReport.self, from: Data(Files.read(path)))
    }
}

/// What an image file is called, and what is known of it.
struct DeploymentSubject {
    var guides: [DeploymentGuide]

    init(_ image: String, isFolder: Bool, target: Target?, report: BuildReport?) throws {
        let name = Files.name(of: image)
        let known = report?.artifacts.first { $0.file == name || image.hasSuffix("/\($0.file)") }?.target
        let facts = report.map(ApplianceFacts.init(report:)) ?? ApplianceFacts(fileName: name)
        let capacity = try report?.disk.size ?? (isFolder ? 0 : Self.capacity(image))
        func guide(_ target: Target, _ image: String) -> DeploymentGuide {
            DeploymentGuide(
                target: target, image: image, facts: facts, capacity: capacity,
                hasDocuments: Self.hasDocuments(target, of: image, facts))
        }
        if isFolder {
            // Each target's first file is the one that is deployed.
            let folder = image.hasSuffix("/") ? String(image.dropLast()) : image
            var seen: Set<Target> = []
            guides = (report?.artifacts ?? []).filter { target == nil || $0.target == target }.compactMap { artifact in
                seen.insert(artifact.target).inserted
                    ? guide(artifact.target, "\(folder)/\(Self.deployed(artifact, report))") : nil
            }
        } else {
            guides = (target ?? known ?? Target(fileName: name)).map { [guide($0, image)] } ?? []
        }
    }

    /// Whether what a build writes for this target lies beside its image.
    private static func hasDocuments(_ target: Target, of image: String, _ facts: ApplianceFacts) -> Bool {
        let endings: [Target: String] = [.aws: "-aws-register.json", .libvirt: "-libvirt.xml"]
        guard let ending = endings[target] else { return true }
        let folder = image.contains("/") ? Files.folder(of: image) : "."
        return Files.exists("\(folder)/\(facts.stem)\(ending)")
    }

    /// Of the disk in the file, as far as it stands in front.
    private static func capacity(_ image: String) throws -> Int64 {
        let source = try BlockSource(image)
        guard try ImageContainer.of(source) == .qcow2 else { return source.size }
        return try source.bytes(24, 8).reduce(Int64(0)) { $0 << 8 | Int64($1) }
    }

    private static func deployed(_ artifact: ImageArtifact, _ report: BuildReport?) -> String {
        let files = report?.artifacts.filter { $0.target == artifact.target }.map(\.file) ?? []
        let endings: [Target: String] = [.vagrant: "-vagrant.json", .firecracker: "-firecracker.json"]
        return endings[artifact.target].flatMap { ending in files.first { $0.hasSuffix(ending) } } ?? artifact.file
    }
}

extension Target {
    /// By the ending that `build` gives a target's files, or by a format that is one target's alone.
    ///
    /// - Parameter certain: an ending alone does not do
    init?(fileName: String, certain: Bool = false) {
        // What stands last before the ending; a name in the middle is the appliance's (`my-xen-tool-1.0.0.qcow2`).
        let last = fileName.split(separator: "-").last?.prefix { $0 != "." } ?? ""
        if fileName.hasSuffix(".box") || fileName.hasSuffix("-vagrant.json") {
            self = .vagrant
            return
        }
        if fileName.contains("-") || fileName.contains(".tar"), let named = Target(rawValue: String(last)) {
            self = named
            return
        }
        if certain { return nil }
        let endings: [(String, Target)] = [
            (".qcow2", .qcow2), (".raw", .raw), (".raw.xz", .raw), (".raw.zst", .raw), (".xva", .xen),
            (".vhdx", .hyperv),
            (".vhd", .azure), (".ova", .vmware),
        ]
        guard let (_, target) = endings.first(where: { fileName.hasSuffix($0.0) }) else { return nil }
        self = target
    }
}

extension ApplianceFacts {
    init(report: BuildReport) {
        self.init(
            name: report.name, version: report.version, distribution: report.distribution.name,
            release: report.distribution.release, majorVersion: report.disk.inspection.majorVersion,
            architecture: report.architecture,
            firmware: report.disk.partitions.contains { $0.role == .biosBoot }
                ? report.disk.partitions.contains { $0.role == .esp } ? [.bios, .uefi] : [.bios] : [.uefi],
            timestamp: report.timestamp)
    }

    /// `wsgi-1.0.0-azure.vhd`: name and version, where it is of that form.
    init(fileName: String) {
        let parts = fileName.split(separator: "-", maxSplits: 8).map(String.init)
        let version = parts.dropFirst().firstIndex { $0.first?.isNumber == true }
        guard let version else {
            let stem = fileName.split(separator: ".").first.map(String.init) ?? fileName
            self.init(name: stem, version: "1")
            return
        }
        var text = parts[version]
        // The last part has the file's ending.
        if version == parts.count - 1 {
            for ending in [
                ".gz", ".xz", ".zst", ".tar", ".raw", ".qcow2", ".vmdk", ".vhd", ".vhdx", ".ova", ".xva", ".img",
            ]
            where text.hasSuffix(ending) {
                text = String(text.dropLast(ending.utf8.count))
            }
        }
        self.init(name: parts[..<version].joined(separator: "-"), version: text)
    }
}
