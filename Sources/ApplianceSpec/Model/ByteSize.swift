/// A number of bytes, written as people write sizes: `700 MB`, `2 GiB`, `512M`.
package struct ByteSize: Sendable, Hashable, Comparable, CustomStringConvertible {
    package var bytes: Int64

    package init(bytes: Int64) {
        self.bytes = bytes
    }

    package static func mebibytes(_ count: Int64) -> ByteSize { ByteSize(bytes: count << 20) }

    package static func < (left: Self, right: Self) -> Bool { left.bytes < right.bytes }

    /// Decimal units, one digit after the point: `412.3 MB`.
    package var description: String {
        let units = ["B", "kB", "MB", "GB", "TB"]
        var value = Double(bytes)
        var unit = 0
        while abs(value) >= 1000, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        if unit == 0 { return "\(bytes) B" }
        let tenths = Int64((value * 10).rounded())
        return "\(tenths / 10).\(abs(tenths % 10)) \(units[unit])"
    }
}
