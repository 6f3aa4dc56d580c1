package import ContentDigest

/// One step of a build: what it is, and everything that its result depends on. A step whose digest is in the content
/// store is not run again.
package struct BuildStep: Sendable {
    package enum Kind: String, Sendable, Codable, CaseIterable {
        case tools, base, packages, python, configuration, disk
    }

    package let kind: Kind
    /// What the step is for: the appliance, or the base that several share.
    package let name: String
    /// For people: `configure the appliance's packages`.
    package let title: String
    package let inputs: StepInputs
    package let digest: Digest

    package init(kind: Kind, name: String, title: String, inputs: StepInputs) {
        self.kind = kind
        self.name = name
        self.title = title
        self.inputs = inputs
        self.digest = inputs.digest
    }
}
