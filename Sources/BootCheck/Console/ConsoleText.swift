/// Turns what a guest wrote on its serial console into plain lines: escape sequences (ECMA-48) and control characters
/// are dropped, whatever the chunks are in which the bytes come.
struct ConsoleText: Sendable {
    private enum State {
        case text
        case escape
        /// After `ESC [`, until a final byte.
        case control
        /// After `ESC ]`, `ESC P`, `ESC ^` or `ESC _`, until BEL or `ESC \`.
        case string
        case stringEscape
        /// After `ESC (`, `ESC )`, `ESC #` and the like: one byte more.
        case oneMore
    }

    /// Bytes of one line that are kept; a binary flood must not fill the memory.
    private static let longestLine = 4096

    private var state = State.text
    private var line: [UInt8] = []

    /// The line that has not ended yet: a prompt, for example.
    var partial: String { String(decoding: line, as: UTF8.self) }

    /// Takes the next bytes and returns the lines that they end.
    mutating func add(_ bytes: some Sequence<UInt8>) -> [String] {
        var lines: [String] = []
        for byte in bytes {
            if let ended = add(byte) { lines.append(ended) }
        }
        return lines
    }

    private mutating func add(_ byte: UInt8) -> String? {
        switch state {
        case .text:
            switch byte {
            case 0x1b: state = .escape
            case 0x0a: return endLine()
            case 0x09: append(0x20)
            case 0x20...0x7e, 0x80...0xff: append(byte)
            default: break
            }
        case .escape:
            switch byte {
            case 0x5b: state = .control
            case 0x5d, 0x50, 0x5e, 0x5f: state = .string
            case 0x20...0x2f: state = .oneMore
            default: state = .text
            }
        case .control:
            guard (0x40...0x7e).contains(byte) else { break }
            state = .text
            // Firmware and GRUB paint their screens: what is put elsewhere or follows a clearing is another line.
            if byte == 0x48 || byte == 0x66 || byte == 0x4a, !line.isEmpty { return endLine() }
        case .string:
            if byte == 0x07 { state = .text } else if byte == 0x1b { state = .stringEscape }
        case .stringEscape: state = byte == 0x5c ? .text : .string
        case .oneMore: state = .text
        }
        return nil
    }

    private mutating func append(_ byte: UInt8) {
        if line.count < ConsoleText.longestLine { line.append(byte) }
    }

    private mutating func endLine() -> String {
        defer { line.removeAll(keepingCapacity: true) }
        while line.last == 0x20 { line.removeLast() }
        return partial
    }

    /// The whole text as plain lines, the last one also when it has not ended.
    static func lines(of bytes: some Sequence<UInt8>) -> [String] {
        var text = ConsoleText()
        let lines = text.add(bytes)
        return text.line.isEmpty ? lines : lines + [text.endLine()]
    }
}
