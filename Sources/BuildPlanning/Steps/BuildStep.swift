package import ApplianceSpec
package import ContentDigest

/// One step of a build: what it is, and everything that its result depends on. A step whose digest is in the content
/// store is not run again.
package struct BuildStep: Sendable {
    package enum Kind: String, Sendable, Codable, CaseIterable {
        case tools, base, initramfs, packages, python, configuration, disk
        /// One for each target.
        case format
    }

    package let kind: Kind
    /// What the step is for: the appliance, or the base that several share.
    package let name: String
    /// For people: `configure the appliance's packages`.
    package let title: String
    package let inputs: StepInputs
    package let digest: Digest
    /// For people alone, and no part of the digest. Inputs by other names than the digest has for them.
    let labels: [String: String]
    /// Where on this machine a named source lies (absolute), and the folder of the spec.
    let hostPaths: [String: String]
    let folder: String
    /// What a step of kind `format` writes.
    package let target: Target?
    /// Which disk it writes, of several; nil: the one that boots.
    package let disk: String?

    /// In events, reports and logs: `disk`, `qcow2`, `qcow2-data`.
    package var id: String { (target?.rawValue ?? kind.rawValue) + (disk.map { "-\($0)" } ?? "") }

    package init(
        kind: Kind, name: String, title: String, inputs: StepInputs, labels: [String: String] = [:],
        hostPaths: [String: String] = [:], folder: String = "", target: Target? = nil,
        disk: String? = nil
    ) {
        self.kind = kind
        self.name = name
        self.title = title
        self.inputs = inputs
        self.digest = inputs.digest
        self.labels = labels
        self.hostPaths = hostPaths
        self.folder = folder
        self.target = target
        self.disk = disk
    }

    /// The name of the disk's input that is the finished tree.
    package static let treeInput = InputName.step(.configuration)
    /// The name of a format's input that is the disk.
    package static let diskInput = InputName.step(.disk)
    /// The inputs of a format that say how its bytes follow from the disk's.
    package static let decideEncoding: Set<String> = [InputName.step(.tools), InputName.code(.format)]
    /// The input of a disk that says how its tree is laid out.
    package static let decidesPlacement = InputName.code(.disk)
    /// The inputs of the configuration step that say what lies below it, and when.
    package static let decideLayers: Set<String> = Set(
        Kind.allCases.map(InputName.step) + [InputName.timestamp, InputName.code(.configuration)])
}
