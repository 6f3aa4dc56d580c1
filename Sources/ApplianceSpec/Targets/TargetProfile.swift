/// What one target is: the container that carries the disk, what the guest needs there, and what it cannot be.
package struct TargetProfile: Sendable {
    /// For people: `Microsoft Azure`.
    package var title: String
    package var container: Container
    package var guest: GuestNeeds
    package var constraints: [TargetConstraint]
    /// The platform's document that says so.
    package var source: String
    /// The programs that read our files in the tests, and are not ours.
    package var judges: [String]
    /// Whether it boots a disk; otherwise it takes the tree.
    package var isBootable: Bool

    package init(
        title: String, container: Container, guest: GuestNeeds = GuestNeeds(), constraints: [TargetConstraint] = [],
        source: String, judges: [String] = [], isBootable: Bool = true
    ) {
        self.title = title
        self.container = container
        self.guest = guest
        self.constraints = constraints
        self.source = source
        self.judges = judges
        self.isBootable = isBootable
    }

    /// Of the judges, those that are a platform's own importer. They need daemons, and run in `make test-formats` only.
    package var importers: [String] {
        judges.filter { ["Glance", "lxc image import", "vagrant box add"].contains($0) }
    }

    package enum Container: String, Sendable {
        case raw, qcow2, vmdk, vhd, vhdx, ova, xva, box
        case rawInTar = "disk.raw in tar.gz"
        case rawGzip = "raw.gz"
        case ociLayout = "OCI layout"
        case incus = "Incus image"
        case kernelAndFilesystem = "kernel and filesystem"
        case tar
        case ociImage = "OCI image"
    }
}

/// What a guest needs on a platform. Several targets share one root: it gets what any of them needs.
package struct GuestNeeds: Sendable, Equatable {
    /// Of the kernel's command line.
    package var kernelArguments: [String] = []
    /// Kernel modules that find disk and network; built in will do as well.
    package var drivers: [String] = []
    /// cloud-init's: one of these has to be in its list.
    package var dataSources: [String] = []
    /// Of the distribution: the platform's agent.
    package var packages: [String] = []
    /// Data sources that must not stand before one of `dataSources`.
    package var lateDataSources: [String] = []
}

/// What a platform cannot take. `reason` is told to whoever asks for it.
package struct TargetConstraint: Sendable {
    package enum Kind: Sendable, Equatable {
        case noLVM, noSwap, noBtrfsSubvolumes, noEncryption
        /// One image is one disk there.
        case oneDisk
        /// Root is a partition of its own, and nothing that is needed to boot lies elsewhere.
        case rootOnPartition
        /// Root's filesystem is one of these.
        case rootFilesystem([StorageSettings.Format])
        /// Bytes.
        case largestDisk(Int64)
        case architecture(Architecture)
        case firmware(DiskSettings.Firmware)
        /// An address comes by DHCP, on a card whose address nobody knows before.
        case dhcp
        /// A package of every image that must not be taken out.
        case package(String)
        /// The kernel package of that release lacks a driver; the target takes another in its place.
        case noKernel(String, release: String, in: String)
    }

    package var kind: Kind
    package var reason: String
    package var source: String

    package init(_ kind: Kind, _ reason: String, source: String) {
        self.kind = kind
        self.reason = reason
        self.source = source
    }
}

/// One small type a target.
package protocol TargetDescription {
    static var profile: TargetProfile { get }
}

extension GuestNeeds {
    static let virtioDrivers = ["virtio_blk", "virtio_scsi", "virtio_net"]

    /// What QEMU's machines have, whoever manages them.
    static func virtualMachine(
        dataSources: [String] = ["NoCloud"], packages: [String] = ["qemu-guest-agent"]
    ) -> GuestNeeds {
        GuestNeeds(
            kernelArguments: ["console=ttyS0"], drivers: virtioDrivers, dataSources: dataSources, packages: packages)
    }
}
