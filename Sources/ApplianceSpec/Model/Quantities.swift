extension ByteSize {
    /// Reads `700 MB`, `2 GiB`, `512M`: decimal units with B at their end, binary ones with `iB` or alone. Nil for
    /// anything else, and for more than 8 EiB.
    package init?(parsing text: String) {
        let digits = text.prefix { $0.isNumber || $0 == "." }
        let factor: Double? =
            switch text.dropFirst(digits.count).drop(while: { $0 == " " }) {
            case "B": 1
            case "kB", "KB": 1e3
            case "MB": 1e6
            case "GB": 1e9
            case "TB": 1e12
            case "K", "KiB": 1024
            case "M", "MiB": 1_048_576
            case "G", "GiB": 1_073_741_824
            case "T", "TiB": 1_099_511_627_776
            default: nil
            }
        guard let factor, let number = Double(String(digits)), let bytes = Int64(exactly: (number * factor).rounded())
        else { return nil }
        self.init(bytes: bytes)
    }
}

/// Seconds of a duration: `30s`, `2 min`, `500ms`, `1h`; nil for anything else.
func seconds(parsing text: String) -> Double? {
    let digits = text.prefix { $0.isNumber || $0 == "." }
    let factor: Double? =
        switch text.dropFirst(digits.count).drop(while: { $0 == " " }) {
        case "ms": 0.001
        case "s": 1
        case "min": 60
        case "h": 3600
        default: nil
        }
    guard let factor, let number = Double(String(digits)) else { return nil }
    return number * factor
}
