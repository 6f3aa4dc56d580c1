/// How what is left is shared.
package enum Growth {
    /// One that takes part.
    package struct Share: Sendable, Equatable {
        /// What it has anyway; what is left is shared in proportion to it.
        package var size: Int64
        package var grows: Bool
        /// The most that it becomes; nil: no bound.
        package var most: Int64?

        package init(size: Int64, grows: Bool, most: Int64? = nil) {
            self.size = size
            self.grows = grows
            self.most = most
        }
    }

    /// The sizes when `left` units are shared, as Anaconda does: in proportion to the sizes, none above its most; what
    /// such ones do not take goes to the others. Whole units; the rest of the division goes to the last that can take it.
    package static func distribute(_ left: Int64, among shares: [Share]) -> [Int64] {
        var sizes = shares.map(\.size)
        var left = left
        func room(_ index: Int) -> Int64 {
            guard shares[index].grows else { return 0 }
            return shares[index].most.map { max(0, $0 - sizes[index]) } ?? .max
        }
        while left > 0 {
            let open = shares.indices.filter { room($0) > 0 }
            guard !open.isEmpty else { break }
            let total = open.reduce(Int64(0)) { $0 + max(1, shares[$1].size) }
            var given: Int64 = 0
            for index in open {
                // In double width: sizes in bytes times each other do not fit.
                let product = left.multipliedFullWidth(by: max(1, shares[index].size))
                let part = min(total.dividingFullWidth(product).quotient, room(index))
                sizes[index] += part
                given += part
            }
            if given == 0, let last = open.last {
                let part = min(left, room(last))
                sizes[last] += part
                given = part
            }
            left -= given
        }
        return sizes
    }
}
