/// What a tree holds and takes.
package struct TreeMeasure: Sendable, Codable, Equatable {
    /// Bytes of the files' contents, and how many entries there are.
    package var contentSize: Int64
    package var entryCount: Int
    /// The release string of the newest kernel in /boot.
    package var kernel: String
    /// Bytes per installed package, from the files it really has, largest first.
    package var packageSizes: [PackageSize]
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
        contentSize: Int64, entryCount: Int, kernel: String, packageSizes: [PackageSize],
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

/// What an installed package takes, in bytes.
package struct PackageSize: Sendable, Codable, Equatable {
    package var name: String
    package var bytes: Int64

    package init(name: String, bytes: Int64) {
        self.name = name
        self.bytes = bytes
    }
}
