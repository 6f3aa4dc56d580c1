package import ApplianceSpec
package import ContentDigest
package import TreeMeasures

/// One raw, sparse, verified disk.
package struct DiskImage: Sendable {
    package var path: String
    package var layout: DiskLayout
    /// What libguestfs found when it looked: `debian 13`, the kernel, …
    package var inspection: Inspection
    /// The tree that was written to it.
    package var tree: TreeMeasure
    /// The others of a layout of several disks, in its order.
    package var others: [Other] = []

    package struct Other: Sendable {
        package var name: String
        package var path: String
        package var layout: DiskLayout

        package init(name: String, path: String, layout: DiskLayout) {
            self.name = name
            self.path = path
            self.layout = layout
        }
    }

    /// The disk with that name; nil: the one that boots.
    package func path(of disk: String?) -> String? {
        disk.map { name in others.first { $0.name == name }?.path } ?? path
    }

    package struct Inspection: Sendable, Codable, Equatable {
        package var distribution: String
        package var majorVersion: Int
        package var minorVersion: Int
        package var productName: String
        package var architecture: String
        package var kernels: [String]

        package init(
            distribution: String, majorVersion: Int, minorVersion: Int, productName: String, architecture: String,
            kernels: [String]
        ) {
            self.distribution = distribution
            self.majorVersion = majorVersion
            self.minorVersion = minorVersion
            self.productName = productName
            self.architecture = architecture
            self.kernels = kernels
        }
    }

    package init(path: String, layout: DiskLayout, inspection: Inspection, tree: TreeMeasure) {
        self.path = path
        self.layout = layout
        self.inspection = inspection
        self.tree = tree
    }
}

/// One file that a deployer takes away.
package struct ImageArtifact: Sendable, Codable, Equatable {
    package var target: Target
    /// The file's name within the output folder.
    package var file: String
    /// Bytes of the file as read; sparse files take less.
    package var size: Int64
    package var sha256: Digest
    /// Of several disks, which one it is; nil: the one that boots.
    package var disk: String?

    package init(target: Target, file: String, size: Int64, sha256: Digest, disk: String? = nil) {
        self.disk = disk
        self.target = target
        self.file = file
        self.size = size
        self.sha256 = sha256
    }
}
