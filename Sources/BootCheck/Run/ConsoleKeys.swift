/// What a person types on an attached console: everything goes to the guest but what follows Ctrl-a, as in QEMU.
struct ConsoleKeys: Sendable {
    struct Result: Equatable {
        /// For the guest.
        var bytes: [UInt8] = []
        var isQuit = false
        var isHelp = false
    }

    static let help = "Ctrl-a x ends the machine, Ctrl-a Ctrl-a sends Ctrl-a, Ctrl-a h shows this."
    private static let escape: UInt8 = 1

    private var isEscaped = false

    mutating func add(_ typed: some Sequence<UInt8>) -> Result {
        var result = Result()
        for byte in typed {
            guard isEscaped else {
                if byte == Self.escape { isEscaped = true } else { result.bytes.append(byte) }
                continue
            }
            isEscaped = false
            switch byte {
            case Self.escape: result.bytes.append(byte)
            case UInt8(ascii: "x"), UInt8(ascii: "X"):
                result.isQuit = true
                return result
            case UInt8(ascii: "h"), UInt8(ascii: "?"): result.isHelp = true
            default: result.bytes += [Self.escape, byte]
            }
        }
        return result
    }
}
