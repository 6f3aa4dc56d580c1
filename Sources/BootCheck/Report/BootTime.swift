/// How long a boot took, in seconds, by systemd-analyze(1).
package struct BootTime: Sendable, Codable, Equatable {
    /// Nil where the firmware does not tell.
    package var firmware: Double?
    package var loader: Double?
    package var kernel: Double?
    package var initramfs: Double?
    package var userspace: Double

    /// Kernel, initramfs and userspace together.
    package var inGuest: Double { (kernel ?? 0) + (initramfs ?? 0) + userspace }

    package init(firmware: Double?, loader: Double?, kernel: Double?, initramfs: Double?, userspace: Double) {
        self.firmware = firmware
        self.loader = loader
        self.kernel = kernel
        self.initramfs = initramfs
        self.userspace = userspace
    }

    /// Reads `Startup finished in 1.504s (kernel) + 2.1s (initrd) + 1min 4.020s (userspace) = 1min 7.6s`; nil for
    /// anything else, as for the sentence that the boot has not finished.
    package init?(systemdAnalyze text: String) {
        guard let line = text.split(whereSeparator: \.isNewline).first(where: { $0.hasPrefix("Startup finished in ") })
        else { return nil }
        var parts: [Substring: Double] = [:]
        let sum = line.dropFirst("Startup finished in ".count).split(separator: "=").first ?? ""
        for part in sum.split(separator: "+") {
            guard let open = part.firstIndex(of: "("), let close = part.firstIndex(of: ")"), open < close,
                let seconds = BootTime.seconds(part[..<open])
            else { return nil }
            parts[part[part.index(after: open)..<close]] = seconds
        }
        guard let userspace = parts["userspace"] else { return nil }
        self.init(
            firmware: parts["firmware"], loader: parts["loader"], kernel: parts["kernel"], initramfs: parts["initrd"],
            userspace: userspace)
    }

    /// systemd's way to write a time span: `1h 2min 3.004s`, `823ms`, `12us`.
    static func seconds(_ text: some StringProtocol) -> Double? {
        var total = 0.0
        let words = text.split(separator: " ")
        for word in words {
            let digits = word.prefix { $0.isNumber || $0 == "." }
            guard let value = Double(String(digits)) else { return nil }
            switch word.dropFirst(digits.count) {
            case "us", "µs": total += value / 1_000_000
            case "ms": total += value / 1000
            case "s": total += value
            case "min": total += value * 60
            case "h": total += value * 3600
            default: return nil
            }
        }
        return words.isEmpty ? nil : total
    }

    /// `12.3 s`.
    static func text(_ seconds: Double) -> String {
        let tenths = Int((seconds * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) s"
    }
}
