import ApplianceSpec
import BuildPlanning

/// What moved between two locks, for people.
struct LockSummary {
    let previous: Lockfile?
    let current: Lockfile

    func text(path: String) -> String {
        let packages = current.packages.count
        let size = ByteSize(bytes: current.packages.reduce(0) { $0 + $1.size })
        let wheels = current.wheels.isEmpty ? "" : ", \(current.wheels.count) wheels"
        var lines = ["\(path): \(packages) packages (\(size) to download)\(wheels)"]
        if let previous {
            let changes = changes(
                from: previous.packages.map { ("\($0.name):\($0.architecture)", $0.version) }
                    + previous.wheels.map { ("\($0.name) (wheel)", $0.version) },
                to: current.packages.map { ("\($0.name):\($0.architecture)", $0.version) }
                    + current.wheels.map { ("\($0.name) (wheel)", $0.version) })
            lines += changes.isEmpty ? ["  nothing moved"] : changes.map { "  \($0)" }
        }
        return lines.joined(separator: "\n")
    }

    private func changes(from old: [(String, String)], to new: [(String, String)]) -> [String] {
        let before = Dictionary(old, uniquingKeysWith: { $1 })
        let after = Dictionary(new, uniquingKeysWith: { $1 })
        return Set(before.keys).union(after.keys).sorted().compactMap { name in
            switch (before[name], after[name]) {
            case (let old?, let new?): old == new ? nil : "~ \(name) \(old) → \(new)"
            case (nil, let new?): "+ \(name) \(new)"
            case (let old?, nil): "- \(name) \(old)"
            case (nil, nil): nil
            }
        }
    }
}
