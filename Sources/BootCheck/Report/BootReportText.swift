import FoundationEssentials
import HostSystem

extension BootReport {
    /// As a person reads it: a line for each check, and all that is known of those that failed.
    package var text: String {
        var lines = ["\(image): \(firmware.title), \(acceleratorText)"]
        let width = checks.map(\.name.count).max() ?? 0
        for check in checks {
            let name = check.name.padding(to: width)
            lines.append(
                "  \(check.state.word)  \(name)  \(BootTime.text(check.seconds).leftPadding(to: 8))  \(check.detail)")
            guard check.state == .failed else { continue }
            lines += check.evidence.map(Self.quoted)
            if let journal = check.journal {
                lines.append("          journal of \(journal.subject):")
                lines += journal.lines.map(Self.quoted)
            }
        }
        if let trouble {
            lines.append("  FAIL  after \(BootTime.text(trouble.seconds)): \(trouble.kind.sentence)")
            lines.append(Self.quoted(trouble.evidence))
        }
        if !console.isEmpty {
            lines.append("  the console's last lines:")
            lines += console.map(Self.quoted)
        }
        if let bootTime { lines.append("  boot time: \(bootTime.text)") }
        if let shutdown, !shutdown.isClean {
            lines.append("  the guest did not switch itself off within \(BootTime.text(shutdown.seconds))")
        }
        lines.append("  console log: \(consoleLog)")
        if let screenshot { lines.append("  screenshot:  \(screenshot)") }
        let failures = checks.count { $0.state != .passed }
        lines.append(
            passed
                ? "\(checks.count) checks passed in \(BootTime.text(seconds))"
                : "the boot check failed: \(trouble.map { $0.kind.sentence } ?? "\(failures) of \(checks.count) checks") "
                    + "(\(BootTime.text(seconds)))")
        return lines.joined(separator: "\n") + "\n"
    }

    /// A line that somebody else wrote, without what would act on the terminal.
    private static func quoted(_ line: String) -> String {
        let plain = ConsoleText.lines(of: line.utf8).joined(separator: " ")
        return plain.isEmpty ? "          |" : "          | \(plain)"
    }

    private var acceleratorText: String {
        switch accelerator {
        case .kvm: "KVM, QEMU \(qemu)"
        case .tcg: "emulated by QEMU \(qemu), time limits ×\(Int(timeScale)) (\(acceleratorReason))"
        }
    }

    /// Pretty-printed, keys sorted.
    package var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) + "\n" } ?? "{}\n"
    }
}

extension BootReport.CheckResult.State {
    fileprivate var word: String {
        switch self {
        case .passed: "ok  "
        case .failed: "FAIL"
        case .notRun: "-   "
        }
    }
}

extension BootTime {
    /// `14.2 s (kernel 1.5 s, initramfs 2.3 s, userspace 10.4 s)`.
    package var text: String {
        let parts = [("firmware", firmware), ("loader", loader), ("kernel", kernel), ("initramfs", initramfs)]
            .compactMap { name, value in value.map { "\(name) \(BootTime.text($0))" } }
        return
            "\(BootTime.text(inGuest)) (\((parts + ["userspace \(BootTime.text(userspace))"]).joined(separator: ", ")))"
    }
}

extension String {
    func padding(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
    func leftPadding(to width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
}
