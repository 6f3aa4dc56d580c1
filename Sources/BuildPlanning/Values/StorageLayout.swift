/// Disks with all that lies on them at its place: what is written, and checked afterwards. Sizes and starts are bytes.
package struct StorageLayout: Sendable, Equatable, Codable {
    package struct Disk: Sendable, Equatable, Codable {
        package var name: String
        package var layout: DiskLayout

        package init(name: String, layout: DiskLayout) {
            self.name = name
            self.layout = layout
        }
    }

    /// A filesystem or swap space.
    package struct Content: Sendable, Equatable, Codable {
        package struct Subvolume: Sendable, Equatable, Codable {
            /// Empty for the top level.
            package var name: String
            /// Nil: not mounted.
            package var mount: String?

            package init(name: String, mount: String?) {
                self.name = name
                self.mount = mount
            }
        }

        package var place: StoragePlace
        /// By `StorageSettings.Format`.
        package var format: String
        /// Where its top level is mounted.
        package var mount: String?
        package var subvolumes: [Subvolume]
        /// Of what it fills: inside of encryption, where there is one.
        package var size: Int64
        package var uuid: String
        package var label: String?
        package var makeOptions: [String]
        package var encryption: EncryptedDevice?
        /// Whether a physical volume of its group lies on an encrypted partition.
        package var isInEncryptedGroup: Bool
        /// For ext2–4.
        package var parameters: DiskLayout.RootFilesystemParameters?
    }

    package struct PhysicalVolume: Sendable, Equatable, Codable {
        package var disk: Int
        package var number: Int
        package var uuid: String
        /// Of the device: inside of encryption, where there is one.
        package var size: Int64
        package var extents: Int64
        package var encryption: EncryptedDevice?
    }

    package struct LogicalVolume: Sendable, Equatable, Codable {
        package enum Kind: Sendable, Equatable, Codable {
            case linear
            /// A pool: chunks in bytes, and the extents of its metadata.
            case pool(chunkSize: Int64, metadataExtents: Int64)
            /// A thin volume of a pool, by its number there, from 1.
            case thin(pool: String, device: Int)
        }

        /// Extents of a physical volume that follow one another.
        package struct Segment: Sendable, Equatable, Codable {
            /// Among the group's, from 0.
            package var physicalVolume: Int
            package var start: Int64
            package var count: Int64
        }

        package var name: String
        package var uuid: String
        package var extents: Int64
        package var kind: Kind
        /// Of a pool: those of its data. None of a thin volume.
        package var segments: [Segment]
        /// Of a pool's metadata; one more time as much is spare.
        package var metadataSegments: [Segment]
        /// Grows into what its group has left, at first boot.
        package var grows: Bool
    }

    package struct VolumeGroup: Sendable, Equatable, Codable {
        package var name: String
        package var uuid: String
        package var extentSize: Int64
        package var physicalVolumes: [PhysicalVolume]
        package var volumes: [LogicalVolume]
        /// In place of a pool's metadata when that is repaired.
        package var spareSegments: [LogicalVolume.Segment]
    }

    package var disks: [Disk]
    package var groups: [VolumeGroup]
    package var contents: [Content]

    /// Bytes of all disks together.
    package var size: Int64 { disks.reduce(0) { $0 + $1.layout.size } }

    /// What is mounted at that path, and the subvolume there.
    package func content(mountedAt path: String) -> (Content, subvolume: String?)? {
        for content in contents {
            if content.mount == path { return (content, nil) }
            if let subvolume = content.subvolumes.first(where: { $0.mount == path }) {
                return (content, subvolume.name)
            }
        }
        return nil
    }

    /// Where LVM puts a group's first extent on a physical volume.
    package static let extentsStart: Int64 = 1 << 20
}
