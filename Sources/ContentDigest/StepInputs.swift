/// The named inputs of one build step. The digest of all of them is the step's identity; the names let `plan` and
/// `build --explain` say which input missed.
package struct StepInputs: Sendable, Codable, Equatable {
    package private(set) var entries: [String: Digest] = [:]

    package init() {}

    /// Records an input under a name that a person understands: `package nginx-light`, `Appliances/wsgi/app/hello.py`.
    package mutating func add(_ name: String, _ digest: Digest) {
        entries[name] = digest
    }

    package mutating func add(_ name: String, text: String) {
        entries[name] = Digest.of(text)
    }

    /// Covers every name and value; names are sorted and lengths are written, so that no two sets collide.
    package var digest: Digest {
        var hash = SHA256()
        for (name, value) in entries.sorted(by: { $0.key < $1.key }) {
            hash.update("\(name.utf8.count):\(name)=\(value.hex)\n")
        }
        return hash.finalize()
    }

    /// The names whose values differ or that only one side has, sorted.
    package func differences(from other: StepInputs) -> [String] {
        Set(entries.keys).union(other.entries.keys).filter { entries[$0] != other.entries[$0] }.sorted()
    }
}
