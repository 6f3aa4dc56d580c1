/// How two images differ, for people and for scripts. `a` and `b` are in the order in which they were given.
package struct ImageDifference: Sendable, Codable, Equatable {
    package static let currentFormat = 1

    package struct Image: Sendable, Codable, Equatable {
        package var path: String
        package var format: String
        /// Bytes of the disk as a machine sees it.
        package var size: Int64
        package var table: String
        package var packages: Int
        package var files: Int

        package init(path: String, format: String, size: Int64, table: String, packages: Int, files: Int) {
            self.path = path
            self.format = format
            self.size = size
            self.table = table
            self.packages = packages
            self.files = files
        }
    }

    /// A property that has another value; nil where an image does not have it.
    package struct Field: Sendable, Codable, Equatable {
        package var name: String
        package var a: String?
        package var b: String?

        package init(_ name: String, _ a: String?, _ b: String?) {
            self.name = name
            self.a = a
            self.b = b
        }
    }

    package enum Change: String, Sendable, Codable { case added, removed, changed }

    package struct Partition: Sendable, Codable, Equatable {
        package var number: Int
        package var change: Change
        package var fields: [Field]
    }

    package struct File: Sendable, Codable, Equatable {
        /// 0: the whole disk.
        package var partition: Int
        /// With a slash in front.
        package var path: String
        package var change: Change
        package var kind: FileRecord.Kind
        /// Bytes; nil where it is not there.
        package var sizeA: Int64?
        package var sizeB: Int64?
        package var fields: [Field]
        /// The first byte of the content that differs; nil when the content is the same, or one has none.
        package var contentOffset: Int64?
    }

    package struct Filesystem: Sendable, Codable, Equatable {
        package var partition: Int
        package var type: String?
        package var fields: [Field]
        /// Why its files are not compared.
        package var note: String?
    }

    package struct Package: Sendable, Codable, Equatable {
        package var name: String
        package var change: Change
        package var a: String?
        package var b: String?
    }

    package var format = ImageDifference.currentFormat
    package var kind = "images"
    package var same: Bool
    /// Whether the disks are the same to the last byte; `same` may hold without it (free blocks, access times).
    package var sameBytes: Bool
    package var a: Image
    package var b: Image
    /// Size, partition table, boot code.
    package var disk: [Field]
    package var partitions: [Partition]
    package var filesystems: [Filesystem]
    package var packages: [Package]
    package var files: [File]
    /// The first byte of the disk that differs, and what lies there.
    package var firstByte: Int64?
    package var firstStructure: String?
}
