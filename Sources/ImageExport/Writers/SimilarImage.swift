import ApplianceSpec
package import BuildPlanning
import ContentDigest
import FileTrees
package import HostSystem

/// An earlier disk of the store, and the qcow2 that was made of it, with which a new disk may have most of its clusters in
/// common: this appliance's last one, or else one on the same base, the same for all of them, so that the page cache has it.
///
/// Only of the standard layout, where the base lies in the same places, and of the target `qcow2`.
package struct SimilarImage: Sendable {
    /// Both stay while this run lives: see `ContentStore.entry`.
    struct Pair: Sendable {
        var disk: String
        var image: String
    }

    private let store: ContentStore
    private let plan: BuildPlan

    /// Raise it when what is remembered means something else.
    private static let version = 1
    /// Of the target `qcow2`.
    private static let file = "\(FormatWriter.folder)/.qcow2"

    /// Nil where the disk is divided otherwise than others are.
    package init?(store: ContentStore, plan: BuildPlan) {
        guard plan.storage == nil else { return nil }
        self.store = store
        self.plan = plan
    }

    /// To be told of each format that was kept, so that other appliances, of this run too, find it where they have nothing
    /// else.
    ///
    /// - Parameter disk: its path
    package func remember(_ step: BuildStep, of disk: String) {
        guard step.target == .qcow2, oneOnBase(disk) == nil, let name = name(disk) else { return }
        // What cannot be remembered is compressed.
        try? store.remember(step.digest.hex, as: name)
    }

    /// What a qcow2 of this disk may be like; nil when there is nothing, or it was made by other tools.
    func find(for disk: String) -> Pair? { lastOne() ?? oneOnBase(disk) }

    private func lastOne() -> Pair? {
        guard let step = plan.formats.first(where: { $0.target == .qcow2 }),
            let last = store.lastRecord(kind: step.kind.rawValue, name: step.name)
        else { return nil }
        return pair(last.inputs.digest)
    }

    private func oneOnBase(_ disk: String) -> Pair? {
        guard let name = name(disk), let text = try? store.recall(name), let format = Digest(hex: text) else {
            return nil
        }
        return pair(format)
    }

    /// - Parameter format: the step that made the image, one of whose inputs is its disk
    private func pair(_ format: Digest) -> Pair? {
        guard let image = try? store.entry(format), isEncodedAlike(image.record.inputs),
            let step = image.record.inputs.entries[BuildStep.diskInput], let disk = try? store.entry(step)
        else { return nil }
        let pair = Pair(disk: "\(disk.path)/disk.raw", image: "\(image.path)/\(Self.file)")
        return Files.exists(pair.disk) && Files.exists(pair.image) ? pair : nil
    }

    /// Whether the same zstd was used in the same way.
    private func isEncodedAlike(_ inputs: StepInputs) -> Bool {
        guard let mine = plan.formats.first?.inputs.entries else { return false }
        return BuildStep.decideEncoding.allSatisfy { mine[$0] != nil && mine[$0] == inputs.entries[$0] }
    }

    /// Of the fact in the store.
    private func name(_ disk: String) -> String? {
        guard let tools = plan[.tools], let base = plan[.base], let size = try? Files.identity(disk)?.size,
            let placement = plan[.disk]?.inputs.entries[BuildStep.decidesPlacement]
        else { return nil }
        var inputs = StepInputs()
        inputs.add("version", text: "\(Self.version)")
        inputs.add("tools", tools.digest)
        inputs.add("base", base.digest)
        inputs.add("placement", placement)
        // To a power of two: where the base lies follows from little more (`Ext4Geometry`).
        inputs.add("size", text: "\(Int64.bitWidth - size.leadingZeroBitCount)")
        return "similar-image-\(inputs.digest.hex)"
    }
}
