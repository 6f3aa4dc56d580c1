/// A GPT disk: BIOS boot partition, EFI system partition, root last so that it can grow. All sizes are bytes, all
/// starts are multiples of 1 MiB.
package struct DiskLayout: Sendable, Equatable, Codable {
    package enum Role: String, Sendable, Codable { case biosBoot, esp, root }

    package struct Partition: Sendable, Equatable, Codable {
        package var number: Int
        package var role: Role
        /// The GPT partition name.
        package var name: String
        package var typeGUID: String
        package var uniqueGUID: String
        package var start: Int64
        package var size: Int64
        /// The filesystem's label and UUID (FAT: a serial like `1A2B-3C4D`); nil for the BIOS boot partition.
        package var label: String?
        package var filesystemUUID: String?

        package init(
            number: Int, role: Role, name: String, typeGUID: String, uniqueGUID: String, start: Int64, size: Int64,
            label: String?, filesystemUUID: String?
        ) {
            self.number = number
            self.role = role
            self.name = name
            self.typeGUID = typeGUID
            self.uniqueGUID = uniqueGUID
            self.start = start
            self.size = size
            self.label = label
            self.filesystemUUID = filesystemUUID
        }
    }

    package var diskGUID: String
    package var size: Int64
    package var partitions: [Partition]

    package init(diskGUID: String, size: Int64, partitions: [Partition]) {
        self.diskGUID = diskGUID
        self.size = size
        self.partitions = partitions
    }

    package subscript(role: Role) -> Partition? { partitions.first { $0.role == role } }
}
