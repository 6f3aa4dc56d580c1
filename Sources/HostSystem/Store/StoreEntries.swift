package import ContentDigest
package import FileTrees
import FoundationEssentials
internal import Glibc

/// What is known about one build step that was done.
package struct StepRecord: Codable, Sendable, Equatable {
    /// `packages`, `configuration`, `disk`, …
    package var kind: String
    /// Whose step: an appliance's or a base's name.
    package var name: String
    package var inputs: StepInputs
    /// Seconds since 1970.
    package var createdAt: Int64
    /// How long the step took.
    package var seconds: Double
    /// What the step found out and later ones need: sizes, versions.
    package var facts: [String: String]

    package init(
        kind: String, name: String, inputs: StepInputs, createdAt: Int64, seconds: Double, facts: [String: String] = [:]
    ) {
        self.kind = kind
        self.name = name
        self.inputs = inputs
        self.createdAt = createdAt
        self.seconds = seconds
        self.facts = facts
    }
}

/// The finished result of one step.
package struct StoreEntry: Sendable {
    /// The digest of the step's inputs.
    package var digest: Digest
    /// The folder that the step made. Nobody writes into it any more.
    package var path: String
    package var record: StepRecord
}

extension ContentStore {
    /// The result of the step with those inputs; nil when it is not there. One whose record cannot be read (a power cut
    /// while it was written), or whose tree is no longer as it was made, counts as not there, with a warning, and
    /// `commit` replaces it. The tree is looked through once in a process: a second for 100,000 files. It stays while this
    /// run lives.
    package func entry(_ step: Digest) throws(HostError) -> StoreEntry? {
        let folder = entryFolder(step)
        let path = "\(folder)/record.json"
        guard try take(path) != nil else { return nil }
        guard let record = record(in: folder), record.inputs.digest == step, try isIntact(folder) else {
            if verified.isFirstComplaint(folder) {
                progress.send(.message(.warning, "the cache entry '\(folder)' is damaged; the step is done again"))
            }
            return nil
        }
        return StoreEntry(digest: step, path: "\(folder)/content", record: record)
    }

    /// Whether there is a result of the step, without looking whether it is as it was made: at no cost.
    package func holds(_ step: Digest) -> Bool { Files.exists("\(entryFolder(step))/record.json") }

    /// A new, empty folder on the store's filesystem, for a step to make its result in. It is removed when this process
    /// is done, and by the next run when this process is killed.
    package func newStaging() throws(HostError) -> String {
        try run.newFolder("staging")
    }

    /// Makes the folder from `newStaging` the result of a step. When another build was faster, its result is kept
    /// and this one removed: the same inputs give the same result.
    ///
    /// - Parameter known: SHA-256 of files that the step has computed itself, by path below the folder: `/disk.raw`
    /// - Throws: `HostError`; the staging folder is then still there.
    package func commit(
        staging: String, as step: Digest, record: StepRecord, known: [String: Digest] = [:]
    ) throws(HostError) -> StoreEntry {
        if let present = try entry(step) {
            try removeTree(staging)
            return present
        }
        let prepared = try run.newFolder("commit")
        try Files.move(staging, to: "\(prepared)/content")
        try Files.write(TreeSeal.of("\(prepared)/content").seal.hex, to: "\(prepared)/seal")
        let json = try encoded(record)
        try Files.write(json, to: "\(prepared)/record.json")
        let folder = entryFolder(step)
        try Files.makeFolder(Files.folder(of: folder))
        while rename(prepared, folder) != 0 {
            guard errno == ENOTEMPTY || errno == EEXIST else { throw Files.failure(errno, "cannot keep", folder) }
            if let present = try entry(step) {
                try removeTree(prepared)
                return present
            }
            // Damaged: aside with it, into this run's folder, where it is removed.
            let damaged = try run.newFolder("damaged")
            try Files.move(folder, to: "\(damaged)/entry")
            try removeTree(damaged)
        }
        try Files.write(json, to: newestPath(record.kind, record.name))
        // Made by this process: it need not look through it.
        if let seal = try Files.identity("\(folder)/seal") { verified.insert(folder, seal) }
        noteDigests(of: folder, known: known)
        return StoreEntry(digest: step, path: "\(folder)/content", record: record)
    }

    /// The record of the last step of that kind and name, also when its result is no longer kept: what `plan` compares
    /// with to name the input that changed.
    package func lastRecord(kind: String, name: String) -> StepRecord? {
        guard let bytes = try? Files.read(newestPath(kind, name)) else { return nil }
        return try? JSONDecoder().decode(StepRecord.self, from: Data(bytes))
    }

    private func isIntact(_ folder: String) throws(HostError) -> Bool {
        guard let seal = try Files.identity("\(folder)/seal"), Files.exists("\(folder)/content") else { return false }
        if verified.contains(folder, seal) { return true }
        let isDamaged = Timeline.measure("look through \(record(in: folder)?.kind ?? "a result") in the store") {
            do {
                return try damage(of: folder, readsAll: false) != nil
            } catch {
                return true
            }
        }
        guard !isDamaged else { return false }
        verified.insert(folder, seal)
        return true
    }

    func record(in folder: String) -> StepRecord? {
        // Looking at it is no use: `cache ls` makes nothing younger.
        guard let bytes = try? Files.read("\(folder)/record.json", isSilent: true) else { return nil }
        return try? JSONDecoder().decode(StepRecord.self, from: Data(bytes))
    }

    func entryFolder(_ step: Digest) -> String { "\(root)/entries/\(step.hex.prefix(2))/\(step.hex)" }

    private func newestPath(_ kind: String, _ name: String) -> String {
        "\(root)/newest/\(Digest.of("\(kind)\0\(name)").hex)"
    }

    private func encoded(_ record: StepRecord) throws(HostError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        do {
            return try Array(encoder.encode(record))
        } catch {
            throw HostError(.fileSystem, "cannot write the record of step '\(record.kind)': \(error)")
        }
    }
}
