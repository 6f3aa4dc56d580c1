import BuildPlanning

/// LVM's own data of a volume group as bytes, in the format `lvm2` of its text metadata (lib/format_text in LVM's source;
/// the label and the headers are described in its layout.h).
///
/// Written here and not by vgcreate: no device is needed, and identifiers and times are the build's. libguestfs' LVM reads
/// the result back.
///
///     byte 512         label: "LABELONE", and the physical volume's header
///     byte 4096        the metadata area's header
///     byte 4608        the text
///     1 MiB            the first extent
struct LVMMetadata {
    let group: StorageLayout.VolumeGroup
    /// Seconds since 1970.
    let timestamp: Int64

    private static let areaStart = 4096

    /// The first MiB of a physical volume.
    ///
    /// - Parameter index: among the group's
    func header(of index: Int) -> [UInt8] {
        let volume = group.physicalVolumes[index]
        var bytes = [UInt8](repeating: 0, count: Int(StorageLayout.extentsStart))
        // The label, in the second sector.
        var sector = [UInt8](repeating: 0, count: 512)
        sector.replaceSubrange(0..<8, with: Array("LABELONE".utf8))
        sector.put(UInt64(1), at: 8)
        sector.put(UInt32(32), at: 20)
        sector.replaceSubrange(24..<32, with: Array("LVM2 001".utf8))
        sector.replaceSubrange(32..<64, with: Array(volume.uuid.utf8.filter { $0 != UInt8(ascii: "-") }))
        sector.put(UInt64(volume.size), at: 64)
        // One data area, to the end; one metadata area; each list ends with zeros.
        sector.put(UInt64(StorageLayout.extentsStart), at: 72)
        sector.put(UInt64(Self.areaStart), at: 104)
        sector.put(UInt64(StorageLayout.extentsStart) - UInt64(Self.areaStart), at: 112)
        // The header's extension: version 2, in use, no boot loader area.
        sector.put(UInt32(2), at: 136)
        sector.put(UInt32(1), at: 140)
        sector.put(Self.checksum(sector[20...]), at: 16)
        bytes.replaceSubrange(512..<1024, with: sector)

        let text = Array(text.utf8) + [0]
        var area = [UInt8](repeating: 0, count: 512)
        area.replaceSubrange(4..<20, with: Array(" LVM2 x[5A%r0N*>".utf8))
        area.put(UInt32(1), at: 20)
        area.put(UInt64(Self.areaStart), at: 24)
        area.put(UInt64(StorageLayout.extentsStart) - UInt64(Self.areaStart), at: 32)
        area.put(UInt64(512), at: 40)
        area.put(UInt64(text.count), at: 48)
        area.put(Self.checksum(text[...]), at: 56)
        area.put(Self.checksum(area[4...]), at: 0)
        bytes.replaceSubrange(Self.areaStart..<Self.areaStart + 512, with: area)
        bytes.replaceSubrange(Self.areaStart + 512..<Self.areaStart + 512 + text.count, with: text)
        return bytes
    }

    /// LVM's calc_crc(): a CRC-32 with its own beginning and without the inversion at the end.
    static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var crc: UInt32 = 0xf597_a6cf
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
        }
        return crc
    }

    // MARK: The text

    var text: String {
        let physical = group.physicalVolumes.enumerated().map { index, volume in
            section(
                "pv\(index)",
                [
                    "id = \"\(volume.uuid)\"", "device = \"/dev/\(volume.disk).\(volume.number)\"",
                    "status = [\"ALLOCATABLE\"]", "flags = []", "dev_size = \(volume.size / 512)",
                    "pe_start = \(StorageLayout.extentsStart / 512)", "pe_count = \(volume.extents)",
                ])
        }
        let head = [
            "id = \"\(group.uuid)\"", "seqno = 1", "format = \"lvm2\"",
            "status = [\"RESIZEABLE\", \"READ\", \"WRITE\"]",
            "flags = []", "extent_size = \(group.extentSize / 512)", "max_lv = 0", "max_pv = 0", "metadata_copies = 0",
        ]
        let body = head + [section("physical_volumes", physical), section("logical_volumes", logicalVolumes)]
        return section(group.name, body) + """

            # Written by Stonebake
            contents = "Text Format Volume Group"
            version = 1
            description = ""
            creation_host = "stonebake"
            creation_time = \(timestamp)


            """
    }

    /// Without tabs and empty lines, as LVM has it on a disk: GRUB's reader counts three bytes from a segment's end to what
    /// follows the volume's.
    private func section(_ name: String, _ lines: [String]) -> String {
        "\(name) {\n\(lines.joined(separator: "\n"))\n}"
    }

    private var logicalVolumes: [String] {
        var result: [String] = []
        for volume in group.volumes {
            switch volume.kind {
            case .linear: result.append(self.volume(volume.name, volume.uuid, stripes(volume.segments)))
            case .thin(let pool, let device):
                let segment = section(
                    "segment1",
                    [
                        "start_extent = 0", "extent_count = \(volume.extents)", "type = \"thin\"",
                        "thin_pool = \"\(pool)\"", "transaction_id = \(device - 1)", "device_id = \(device)",
                    ])
                result.append(self.volume(volume.name, volume.uuid, [segment]))
            case .pool(let chunk, _):
                let segment = section(
                    "segment1",
                    [
                        "start_extent = 0", "extent_count = \(volume.extents)", "type = \"thin-pool\"",
                        "metadata = \"\(volume.name)_tmeta\"", "pool = \"\(volume.name)_tdata\"",
                        "transaction_id = \(transaction(of: volume.name))", "chunk_size = \(chunk / 512)",
                        "discards = \"passdown\"", "zero_new_blocks = 1",
                    ])
                result.append(self.volume(volume.name, volume.uuid, [segment]))
                result.append(
                    self.volume(
                        "\(volume.name)_tmeta", derived(volume.uuid, "m"), stripes(volume.metadataSegments),
                        isVisible: false))
                result.append(
                    self.volume(
                        "\(volume.name)_tdata", derived(volume.uuid, "d"), stripes(volume.segments), isVisible: false))
            }
        }
        if !group.spareSegments.isEmpty {
            result.append(
                volume("lvol0_pmspare", derived(group.uuid, "s"), stripes(group.spareSegments), isVisible: false))
        }
        return result
    }

    /// Of a pool: how many volumes have been made in it.
    func transaction(of pool: String) -> Int {
        group.volumes.compactMap { volume in
            if case .thin(pool, let device) = volume.kind { device } else { nil }
        }.max() ?? 0
    }

    /// An identifier for a part of a volume, which LVM does not take twice.
    private func derived(_ identifier: String, _ letter: Character) -> String {
        String(letter) + identifier.dropFirst().map { $0 == "0" ? "g" : $0 }
    }

    private func volume(_ name: String, _ uuid: String, _ segments: [String], isVisible: Bool = true) -> String {
        section(
            name,
            [
                "id = \"\(uuid)\"", "status = [\"READ\", \"WRITE\"\(isVisible ? ", \"VISIBLE\"" : "")]", "flags = []",
                "creation_time = \(timestamp)", "creation_host = \"stonebake\"", "segment_count = \(segments.count)",
            ] + segments)
    }

    private func stripes(_ segments: [StorageLayout.LogicalVolume.Segment]) -> [String] {
        var start: Int64 = 0
        return segments.enumerated().map { index, segment in
            defer { start += segment.count }
            return section(
                "segment\(index + 1)",
                [
                    "start_extent = \(start)", "extent_count = \(segment.count)", "type = \"striped\"",
                    "stripe_count = 1", "stripes = [", "\"pv\(segment.physicalVolume)\", \(segment.start)", "]",
                ])
        }
    }
}
