internal import Glibc

extension String {
    /// The order of the UTF-8 bytes, which is that of `LC_ALL=C sort`: the same on every machine. By strcmp(3), as a
    /// comparison of generic sequences took two fifths of the time of reading a filesystem's tree.
    package func precedesBytewise(_ other: String) -> Bool { strcmp(self, other) < 0 }
}

extension Array {
    /// Sorted by the UTF-8 bytes of a text of each element, as `LC_ALL=C sort` does; equal ones stay in their order.
    ///
    /// The texts are laid beside one another first: with tens of thousands of large elements, more than half of the time
    /// went into counting references.
    package func sortedBytewise(by text: (Element) -> String) -> [Element] {
        var texts: [CChar] = []
        var starts: [Int] = []
        starts.reserveCapacity(count)
        for element in self {
            starts.append(texts.count)
            texts.append(contentsOf: text(element).utf8.lazy.map { CChar(bitPattern: $0) })
            texts.append(0)
        }
        let order = texts.withUnsafeBufferPointer { texts in
            starts.withUnsafeBufferPointer { starts in
                indices.sorted { a, b in
                    guard let base = texts.baseAddress else { return false }
                    let order = strcmp(base + starts[a], base + starts[b])
                    return order == 0 ? a < b : order < 0
                }
            }
        }
        return order.map { self[$0] }
    }
}
