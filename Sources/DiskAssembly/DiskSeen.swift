import BuildPlanning
import ContentDigest
import FileTrees
import FoundationEssentials
import HostSystem
import TreeMeasures

/// What libguestfs has looked at and found right, by a digest of all of a disk that its verdict depends on: everything
/// outside of the root filesystem, what wrote that filesystem, and the tree's files that the verdict speaks of.
struct DiskSeen {
    let store: ContentStore

    /// In the record of a disk's step: the digest of what was seen.
    static let fact = "seen"
    /// Raise it when libguestfs looks at more than it did.
    private static let version = 1

    private static let files = [
        BootAssets.configuration, BootAssets.fstab, "etc/debian_version", "usr/lib/os-release",
    ]

    /// - Parameter surroundings: partition table, boot code and ESP: see `DiskWriter.write`
    func mark(surroundings: Digest, tree: TreeMeasure, assets: TreeAssets, tools: ToolsRoot) throws -> Digest {
        var inputs = StepInputs()
        inputs.add("look", text: "\(Self.version)")
        inputs.add("surroundings", surroundings)
        inputs.add("kernel", text: tree.kernel)
        inputs.add("tools", text: Self.name(of: tools))
        for file in Self.files { inputs.add(file, Digest.of(try assets.content(of: file) ?? [])) }
        inputs.add("boot", text: tree.boot.joined(separator: "\n"))
        return inputs.digest
    }

    /// Of the system alone, as an inspection sees it: the same for all appliances with one base, whose disks differ in
    /// their sizes and identities. Their partitions, filesystems and files are looked at in any case.
    func mark(
        systemOf tree: TreeMeasure, assets: TreeAssets, layout: DiskLayout, tools: ToolsRoot
    ) throws -> Digest {
        var inputs = StepInputs()
        inputs.add("look", text: "\(Self.version)")
        inputs.add("kernel", text: tree.kernel)
        inputs.add("tools", text: Self.name(of: tools))
        for file in Self.files where file != BootAssets.configuration {
            var text = String(decoding: try assets.content(of: file) ?? [], as: UTF8.self)
            for partition in layout.partitions {
                for identity in [partition.filesystemUUID, partition.uniqueGUID.lowercased()] {
                    guard let identity else { continue }
                    text = text.replacing(identity, with: "<\(partition.number)>")
                }
            }
            inputs.add(file, text: text)
        }
        inputs.add("partitions", text: layout.partitions.map { "\($0.number) \($0.typeGUID)" }.joined(separator: "\n"))
        return inputs.digest
    }

    /// What it said; nil when it has not seen such a disk.
    func inspection(_ mark: Digest) -> DiskImage.Inspection? {
        guard let text = try? store.recall(name(mark)) else { return nil }
        return try? JSONDecoder().decode(DiskImage.Inspection.self, from: Data(text.utf8))
    }

    func remember(_ inspection: DiskImage.Inspection, _ mark: Digest) throws {
        try store.remember(String(decoding: try JSONEncoder().encode(inspection), as: UTF8.self), as: name(mark))
    }

    private static func name(of tools: ToolsRoot) -> String {
        Files.name(of: Files.folder(of: Files.folder(of: tools.tree)))
    }

    private func name(_ mark: Digest) -> String { "seen-disk-\(mark.hex)" }
}
