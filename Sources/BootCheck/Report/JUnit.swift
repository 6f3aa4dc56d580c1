import HostSystem

/// Boot reports as JUnit XML, as CI systems read it (the schema of Jenkins' xUnit plug-in): a suite for each boot.
package enum JUnit {
    /// - Parameter missing: what should have been booted and was not: its name, and why. Each is a suite that fails.
    package static func xml(_ reports: [BootReport], missing: [(name: String, why: String)] = []) -> String {
        let absent = missing.map { name, why in
            (
                name,
                BootReport.CheckResult(
                    name: "it was booted", kind: "boot", state: .failed, seconds: 0, limit: 0, detail: why)
            )
        }
        let cases = reports.flatMap(\.cases) + absent.map(\.1)
        var lines = ["<?xml version=\"1.0\" encoding=\"UTF-8\"?>"]
        lines.append(
            "<testsuites name=\"stonebake\" \(counts(cases)) time=\"\(number(reports.map(\.seconds).reduce(0, +)))\">")
        for report in reports { lines += suite(report) }
        for (name, result) in absent {
            lines.append("  <testsuite name=\"\(attribute(name))\" \(counts([result])) time=\"0.000\">")
            lines += testCase(result, classname: "\(name).boot")
            lines.append("  </testsuite>")
        }
        lines.append("</testsuites>")
        return lines.joined(separator: "\n") + "\n"
    }

    private static func suite(_ report: BootReport) -> [String] {
        let name = attribute("\(report.appliance) (\(report.firmware.title))")
        var lines = ["  <testsuite name=\"\(name)\" \(counts(report.cases)) time=\"\(number(report.seconds))\">"]
        lines.append("    <properties>")
        let properties = [
            ("image", report.image), ("firmware", report.firmware.rawValue),
            ("accelerator", report.accelerator.rawValue), ("qemu", report.qemu),
            ("time-scale", "\(report.timeScale)"), ("console-log", report.consoleLog),
        ]
        for (name, value) in properties {
            lines.append("      <property name=\"\(name)\" value=\"\(attribute(value))\"/>")
        }
        lines.append("    </properties>")
        for result in report.cases {
            lines += testCase(result, classname: "\(report.appliance).\(report.firmware.rawValue).\(result.kind)")
        }
        if !report.console.isEmpty {
            lines.append("    <system-out>\(text(report.console.joined(separator: "\n")))</system-out>")
        }
        lines.append("  </testsuite>")
        return lines
    }

    private static func testCase(_ result: BootReport.CheckResult, classname: String) -> [String] {
        let head =
            "    <testcase classname=\"\(attribute(classname))\" name=\"\(attribute(result.name))\" time=\"\(number(result.seconds))\""
        switch result.state {
        case .passed: return [head + "/>"]
        case .notRun:
            return [head + ">", "      <skipped message=\"\(attribute(result.detail))\"/>", "    </testcase>"]
        case .failed:
            var content = result.evidence
            if let journal = result.journal { content += ["", "journal of \(journal.subject):"] + journal.lines }
            return [
                head + ">",
                "      <failure message=\"\(attribute(result.detail))\" type=\"\(attribute(result.kind))\">"
                    + "\(text(content.joined(separator: "\n")))</failure>",
                "    </testcase>",
            ]
        }
    }

    private static func counts(_ cases: [BootReport.CheckResult]) -> String {
        "tests=\"\(cases.count)\" failures=\"\(cases.count { $0.state == .failed })\" errors=\"0\" "
            + "skipped=\"\(cases.count { $0.state == .notRun })\""
    }

    /// Seconds with three digits after the point.
    private static func number(_ seconds: Double) -> String {
        let thousandths = Int((max(0, seconds) * 1000).rounded())
        let rest = "\(thousandths % 1000)"
        return "\(thousandths / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
    }

    private static func attribute(_ string: String) -> String {
        text(string).split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "&#10;")
    }

    /// Escaped for XML 1.0, without the characters that it cannot hold (section 2.2).
    private static func text(_ string: String) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in string.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;".unicodeScalars
            case "<": escaped += "&lt;".unicodeScalars
            case ">": escaped += "&gt;".unicodeScalars
            case "\"": escaped += "&quot;".unicodeScalars
            case "\t", "\n", "\u{20}"..."\u{d7ff}", "\u{e000}"..."\u{fffd}", "\u{10000}"..."\u{10ffff}":
                escaped.append(scalar)
            default: break
            }
        }
        return String(escaped)
    }
}

extension BootReport {
    /// The checks, and before them the boot itself where it failed.
    fileprivate var cases: [CheckResult] {
        guard let trouble else { return checks }
        let boot = CheckResult(
            name: "the guest boots", kind: "boot", state: .failed, seconds: trouble.seconds, limit: 0,
            detail: trouble.kind.sentence, evidence: [trouble.evidence])
        return [boot] + checks
    }
}
