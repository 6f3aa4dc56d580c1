package import ApplianceSpec
package import ContentDigest
import Diagnostics

/// What a build will do: made from the appliance and its lock alone, without touching the machine.
package struct BuildPlan: Sendable {
    package let appliance: Appliance
    package let lock: Lockfile
    package let identity: DiskIdentity
    /// In the order in which they run.
    package let steps: [BuildStep]

    /// - Parameter secrets: a mark of each secret that the disk needs, by its name, which differs where the secret does;
    ///   none for one that was not given
    package init(
        appliance: Appliance, lock: Lockfile, hostFiles: HostFileDigests, secrets: [String: Digest] = [:]
    ) {
        self.appliance = appliance
        self.lock = lock
        let identity = Self.identity(of: appliance)
        self.identity = identity
        steps = StepPlanner(
            appliance: appliance, lock: lock, hostFiles: hostFiles, identity: identity, secrets: secrets
        )
        .steps()
    }

    /// Name and version, and not the content: an edited application file keeps the root UUID, so that only what follows
    /// from the file is made again.
    package static func identity(of appliance: Appliance) -> DiskIdentity {
        DiskIdentity(
            seed: Digest.of("\(appliance.name.value) \(appliance.version.value) \(appliance.architecture.rawValue)"))
    }

    /// Nil: the standard layout.
    package var storage: StoragePlan? { appliance.storagePlan(identity) }

    package subscript(kind: BuildStep.Kind) -> BuildStep? { steps.first { $0.kind == kind } }

    /// The steps that write the targets, in the spec's order.
    package var formats: [BuildStep] { steps.filter { $0.kind == .format } }

    /// `wsgi-1.0.0`: the output folder and the stem of every file in it.
    package static func outputName(_ appliance: Appliance) -> String {
        "\(appliance.name.value)-\(appliance.version.value)"
    }
}

extension Appliance {
    /// How its disks are divided, where its spec says so; nil: the standard layout.
    package func storagePlan(_ identity: DiskIdentity) -> StoragePlan? {
        disk.storage.map {
            StoragePlan(settings: $0, boot: disk.boot, architecture: architecture, identity: identity)
        }
    }
}
