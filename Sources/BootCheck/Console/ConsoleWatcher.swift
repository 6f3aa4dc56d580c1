/// Reads along what a booting guest writes on its console and recognises that it will never come up.
struct ConsoleWatcher: Sendable {
    private struct Sign {
        enum Place { case start, anywhere }
        var kind: BootTrouble.Kind
        var text: String
        var place: Place
    }

    /// Words that say it all, as the programs print them. At the start of a line only where a service could well log
    /// the same words about something else.
    private static let signs: [Sign] = [
        Sign(kind: .kernelPanic, text: "Kernel panic - not syncing", place: .anywhere),
        Sign(kind: .initramfsShell, text: "(initramfs)", place: .start),
        Sign(kind: .initramfsShell, text: "dracut:/#", place: .start),
        Sign(kind: .emergencyShell, text: "You are in emergency mode", place: .start),
        Sign(kind: .emergencyShell, text: "You are in rescue mode", place: .start),
        Sign(kind: .emergencyShell, text: "Cannot open access to console, the root account is locked", place: .start),
        Sign(kind: .emergencyShell, text: "Give root password for maintenance", place: .start),
        Sign(kind: .bootLoaderPrompt, text: "grub rescue>", place: .start),
        Sign(kind: .bootLoaderPrompt, text: "grub>", place: .start),
        Sign(kind: .noBootableDevice, text: "No bootable device", place: .start),
        Sign(kind: .noBootableDevice, text: "BdsDxe: No bootable option or device was found", place: .start),
        Sign(kind: .uefiShell, text: "UEFI Interactive Shell v", place: .start),
        Sign(kind: .uefiShell, text: "Shell>", place: .start),
        Sign(kind: .secureBoot, text: "Verification failed: (0x1A) Security Violation", place: .anywhere),
        Sign(kind: .secureBoot, text: "bad shim signature", place: .anywhere),
        Sign(kind: .initFroze, text: "systemd[1]: Freezing execution", place: .anywhere),
    ]

    /// Lines that are kept for reports.
    static let kept = 200

    /// The last lines, plain.
    private(set) var lines: [String] = []
    private var text = ConsoleText()
    private var found: BootTrouble?

    /// Takes the next bytes; the first trouble that they complete, once.
    mutating func add(_ bytes: some Sequence<UInt8>) -> BootTrouble? {
        let ended = text.add(bytes)
        for line in ended where !line.isEmpty {
            lines.append(line)
            if lines.count > ConsoleWatcher.kept { lines.removeFirst() }
        }
        guard found == nil else { return nil }
        found = (ended + [text.partial]).lazy.compactMap(ConsoleWatcher.trouble(in:)).first
        return found
    }

    /// The last `count` lines, a prompt that waits included.
    func last(_ count: Int) -> [String] {
        Array((text.partial.isEmpty ? lines : lines + [text.partial]).suffix(count))
    }

    /// What a report shows: the last `count` lines, or where trouble was seen, what led to it and what followed.
    func excerpt(_ count: Int) -> [String] {
        let all = last(ConsoleWatcher.kept)
        guard let found, let place = all.lastIndex(where: { $0.contains(found.evidence) }) else { return last(count) }
        let start = max(0, min(place - count / 3, all.count - count))
        return Array(all[start...].prefix(count))
    }

    static func trouble(in line: String) -> BootTrouble? {
        let line = line.drop { $0 == " " }
        for sign in signs {
            switch sign.place {
            case .start where line.hasPrefix(sign.text): break
            case .anywhere where line.contains(sign.text): break
            default: continue
            }
            return BootTrouble(kind: sign.kind, evidence: String(line))
        }
        // The firmware names the entry between these two: "BdsDxe: failed to load Boot0001 … : Access Denied".
        if line.hasPrefix("BdsDxe: failed to "), line.hasSuffix("Access Denied") {
            return BootTrouble(kind: .secureBoot, evidence: String(line))
        }
        return nil
    }
}
