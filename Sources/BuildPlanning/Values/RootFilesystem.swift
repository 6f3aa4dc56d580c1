/// The finished tree: layers that a namespace shows as one, and what making a disk of it depends on.
package struct RootFilesystem: Sendable {
    /// Folders that make it up, the lowest first, as an overlay's: absolute paths in the content store.
    package var layers: [String]
    package var measure: TreeMeasure
    /// A folder that holds the tree's `BootAssets`, by the same paths.
    package var assets: String
    /// How it differs from a tree that was made before, when that is little.
    package var changes: TreeChanges?

    /// The release string of the newest kernel in /boot: `6.12.57+deb13-cloud-amd64`.
    package var kernel: String { measure.kernel }

    package struct PackageSize: Sendable, Codable, Equatable {
        package var name: String
        package var bytes: Int64

        package init(name: String, bytes: Int64) {
            self.name = name
            self.bytes = bytes
        }
    }

    package init(layers: [String], measure: TreeMeasure, assets: String, changes: TreeChanges? = nil) {
        self.layers = layers
        self.measure = measure
        self.assets = assets
        self.changes = changes
    }
}

/// What a tree holds and takes.
package struct TreeMeasure: Sendable, Codable, Equatable {
    /// Bytes of the files' contents, and how many entries there are.
    package var contentSize: Int64
    package var entryCount: Int
    /// The release string of the newest kernel in /boot.
    package var kernel: String
    /// Bytes per installed package, from the files it really has, largest first.
    package var packageSizes: [RootFilesystem.PackageSize]
    package var usage: TreeUsage
    /// What lies in /boot, but for GRUB's folder: relative paths, in order.
    package var boot: [String]
    package var attributes: [ExtendedAttribute]

    /// One that is no file capability.
    package struct ExtendedAttribute: Sendable, Codable, Equatable {
        /// Relative to the root.
        package var path: String
        package var name: String
        package var value: [UInt8]

        package init(path: String, name: String, value: [UInt8]) {
            self.path = path
            self.name = name
            self.value = value
        }
    }

    package init(
        contentSize: Int64, entryCount: Int, kernel: String, packageSizes: [RootFilesystem.PackageSize],
        usage: TreeUsage, boot: [String], attributes: [ExtendedAttribute]
    ) {
        self.contentSize = contentSize
        self.entryCount = entryCount
        self.kernel = kernel
        self.packageSizes = packageSizes
        self.usage = usage
        self.boot = boot
        self.attributes = attributes
    }
}
