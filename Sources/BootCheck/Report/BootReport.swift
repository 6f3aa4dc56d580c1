package import HostSystem

/// What a boot check found.
package struct BootReport: Sendable, Codable, Equatable {
    package struct CheckResult: Sendable, Codable, Equatable {
        package enum State: String, Sendable, Codable {
            case passed, failed
            /// The boot failed before the check could end.
            case notRun = "not-run"
        }

        package var name: String
        /// `http`, `tcp`, `command`, `unit`, `boot-time`, `boot`.
        package var kind: String
        package var state: State
        /// Seconds from the start of the check, waiting for the service included.
        package var seconds: Double
        /// Seconds that it might have taken.
        package var limit: Double
        /// What was found, in one sentence.
        package var detail: String
        /// What came back: status, headers and first lines of the body; what a command printed.
        package var evidence: [String]
        /// The unit concerned and the last lines of its journal, of a check that failed.
        package var journal: Journal?

        package init(
            name: String, kind: String, state: State, seconds: Double, limit: Double, detail: String,
            evidence: [String] = [], journal: Journal? = nil
        ) {
            self.name = name
            self.kind = kind
            self.state = state
            self.seconds = seconds
            self.limit = limit
            self.detail = detail
            self.evidence = evidence
            self.journal = journal
        }
    }

    package struct Journal: Sendable, Codable, Equatable {
        /// The unit; or what else the lines are about: `warnings of this boot`.
        package var subject: String
        package var lines: [String]

        package init(subject: String, lines: [String]) {
            self.subject = subject
            self.lines = lines
        }
    }

    package struct Shutdown: Sendable, Codable, Equatable {
        /// Whether the guest switched itself off when its power button was pressed.
        package var isClean: Bool
        package var seconds: Double

        package init(isClean: Bool, seconds: Double) {
            self.isClean = isClean
            self.seconds = seconds
        }
    }

    package var appliance: String
    /// The image as it was named.
    package var image: String
    package var firmware: BootFirmware
    package var accelerator: Accelerator
    /// Why it is that accelerator.
    package var acceleratorReason: String
    /// QEMU's version.
    package var qemu: String
    /// All time limits were multiplied by this, for an emulated guest is slower.
    package var timeScale: Double
    /// Seconds from the start of QEMU to its end.
    package var seconds: Double
    /// Why the guest did not come up; nil when it did.
    package var trouble: BootTrouble?
    package var checks: [CheckResult]
    package var bootTime: BootTime?
    package var shutdown: Shutdown?
    /// The last lines of the console, when something failed.
    package var console: [String]
    /// Files that tell more; nil where they could not be made.
    package var consoleLog: String
    package var screenshot: String?

    package var passed: Bool { trouble == nil && checks.allSatisfy { $0.state == .passed } }

    /// The first lines of the page that an http check got, by the check's name; nil unless that check passed.
    package func page(of check: String?) -> [String]? {
        guard let check = checks.first(where: { $0.name == check && $0.kind == "http" && $0.state == .passed }),
            let end = check.evidence.firstIndex(of: "")
        else { return nil }
        return Array(check.evidence[(end + 1)...])
    }

    package init(
        appliance: String, image: String, firmware: BootFirmware, accelerator: Accelerator, acceleratorReason: String,
        qemu: String, timeScale: Double, seconds: Double = 0, trouble: BootTrouble? = nil, checks: [CheckResult] = [],
        bootTime: BootTime? = nil, shutdown: Shutdown? = nil, console: [String] = [], consoleLog: String,
        screenshot: String? = nil
    ) {
        self.appliance = appliance
        self.image = image
        self.firmware = firmware
        self.accelerator = accelerator
        self.acceleratorReason = acceleratorReason
        self.qemu = qemu
        self.timeScale = timeScale
        self.seconds = seconds
        self.trouble = trouble
        self.checks = checks
        self.bootTime = bootTime
        self.shutdown = shutdown
        self.console = console
        self.consoleLog = consoleLog
        self.screenshot = screenshot
    }
}
