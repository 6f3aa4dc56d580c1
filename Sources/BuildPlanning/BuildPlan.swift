package import ApplianceSpec
import ContentDigest
import Diagnostics

/// What a build will do: made from the appliance and its lock alone, without touching the machine.
package struct BuildPlan: Sendable {
    package let appliance: Appliance
    package let lock: Lockfile
    package let identity: DiskIdentity
    /// In the order in which they run.
    package let steps: [BuildStep]

    package init(appliance: Appliance, lock: Lockfile, hostFiles: HostFileDigests) {
        self.appliance = appliance
        self.lock = lock
        // Name and version, and not the content: an edited application file keeps the root UUID, so that only what
        // follows from the file is made again.
        let identity = DiskIdentity(
            seed: Digest.of("\(appliance.name.value) \(appliance.version.value) \(appliance.architecture.rawValue)"))
        self.identity = identity
        steps = StepPlanner(appliance: appliance, lock: lock, hostFiles: hostFiles, identity: identity).steps()
    }

    package subscript(kind: BuildStep.Kind) -> BuildStep? { steps.first { $0.kind == kind } }

    /// The steps that write the targets, in the spec's order.
    package var formats: [BuildStep] { steps.filter { $0.kind == .format } }

    /// `wsgi-1.0.0`: the output folder and the stem of every file in it.
    package static func outputName(_ appliance: Appliance) -> String {
        "\(appliance.name.value)-\(appliance.version.value)"
    }
}
