/// Cuts what arrives in pieces into lines, in bounded memory: bytes that are no UTF-8 are replaced, and a line that does
/// not end is cut at 64 KiB.
struct LineSplitter {
    static let limit = 64 << 10
    private var pending: [UInt8] = []

    /// Calls `line` for each line that is complete now; without its line end.
    mutating func feed(_ bytes: UnsafeRawBufferPointer, _ line: (String) -> Void) {
        var rest = bytes[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            pending += rest[rest.startIndex..<end]
            emit(line)
            rest = rest[(end + 1)...]
        }
        pending += rest
        while pending.count >= Self.limit {
            let tail = pending[Self.limit...]
            pending.removeLast(tail.count)
            let kept = Array(tail)
            emit(line)
            pending = kept
        }
    }

    /// Calls `line` for what is left behind the last line end.
    mutating func finish(_ line: (String) -> Void) {
        if !pending.isEmpty { emit(line) }
    }

    private mutating func emit(_ line: (String) -> Void) {
        var text = pending
        pending.removeAll(keepingCapacity: true)
        if text.last == UInt8(ascii: "\r") { text.removeLast() }
        // Longer than the limit where one piece brought it whole.
        var start = 0
        repeat {
            let end = min(start + Self.limit, text.count)
            line(String(decoding: text[start..<end], as: UTF8.self))
            start = end
        } while start < text.count
    }
}
