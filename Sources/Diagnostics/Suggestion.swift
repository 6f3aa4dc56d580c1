/// The name that was probably meant: the nearest of `candidates` by edit distance (Damerau–Levenshtein, optimal string
/// alignment), case ignored. Nil when none is near: at most a third of the name may be wrong, at least one letter.
package func nearest(_ name: String, in candidates: some Sequence<String>) -> String? {
    let wanted = Array(name.lowercased().unicodeScalars)
    guard !wanted.isEmpty else { return nil }
    var best: (distance: Int, name: String)?
    for candidate in candidates where candidate != name {
        let other = Array(candidate.lowercased().unicodeScalars)
        let limit = max(1, min(4, max(wanted.count, other.count) / 3))
        guard abs(wanted.count - other.count) <= limit else { continue }
        let distance = editDistance(wanted, other)
        guard distance <= limit, distance < max(wanted.count, other.count) else { continue }
        // Of two that are as near, the one that sorts first, so that the answer never depends on the order.
        if let found = best, (found.distance, found.name) <= (distance, candidate) { continue }
        best = (distance, candidate)
    }
    return best?.name
}

/// `did you mean 'packages'?`, where a name is near.
package func suggestion(for name: String, in candidates: some Sequence<String>) -> String? {
    nearest(name, in: candidates).map { "did you mean '\($0)'?" }
}

/// Insertions, deletions, substitutions and swaps of neighbours that turn one into the other.
func editDistance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
    if left.isEmpty || right.isEmpty { return max(left.count, right.count) }
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for row in 1...left.count {
        var current = [row]
        for column in 1...right.count {
            let isSame = left[row - 1] == right[column - 1]
            var cost = min(last[column] + 1, current[column - 1] + 1, last[column - 1] + (isSame ? 0 : 1))
            if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
                cost = min(cost, beforeLast[column - 2] + 1)
            }
            current.append(cost)
        }
        (beforeLast, last) = (last, current)
    }
    return last[right.count]
}
