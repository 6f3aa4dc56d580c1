/// What a target's files are, where there is a choice: the spec's `formats:`.
package struct FormatSettings: Sendable, Equatable {
    package enum RawCompression: String, Sendable, CaseIterable { case plain, xz, zstd }
    package enum AWSDisk: String, Sendable, CaseIterable { case vmdk, raw }
    package enum Instance: String, Sendable, CaseIterable { case vm, container }
    package enum Packing: String, Sendable, CaseIterable { case unified, split }
    package enum VagrantProvider: String, Sendable, CaseIterable { case libvirt, virtualbox }

    package var raw: [RawCompression] = [.plain]
    package var aws = AWSDisk.vmdk
    /// Of Incus and LXD.
    package var instances: [Instance] = Instance.allCases
    package var packings: [Packing] = Packing.allCases
    package var vagrant: [VagrantProvider] = VagrantProvider.allCases

    package init() {}

    /// For the digest of a step.
    package var canonicalText: String {
        [
            raw.map(\.rawValue).joined(separator: ","), aws.rawValue,
            instances.map(\.rawValue).joined(separator: ","), packings.map(\.rawValue).joined(separator: ","),
            vagrant.map(\.rawValue).joined(separator: ","),
        ].joined(separator: " ")
    }
}
