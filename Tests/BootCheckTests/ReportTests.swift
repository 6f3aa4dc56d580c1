import Foundation
import FoundationXML
import HostSystem
import Testing

@testable import BootCheck

@Suite struct ReportTests {
    private var failing: BootReport {
        BootReport(
            appliance: "wsgi", image: "wsgi.qcow2", firmware: .uefi, accelerator: .tcg,
            acceleratorReason: "this machine has no /dev/kvm", qemu: "10.0.2", timeScale: 5, seconds: 75.25,
            checks: [
                .init(name: "GET /", kind: "http", state: .passed, seconds: 41.25, limit: 600, detail: "status 200"),
                .init(
                    name: "GET /<health>", kind: "http", state: .failed, seconds: 60, limit: 60,
                    detail: "status 503 instead of 200",
                    evidence: ["HTTP status 503", "", "\"no\" & \u{1}\u{1b}[31mdone"],
                    journal: .init(subject: "wsgi.service", lines: ["[   40.1] test gunicorn[9]: Worker failed"])),
            ], bootTime: BootTime(firmware: nil, loader: nil, kernel: 1.5, initramfs: 2.25, userspace: 30),
            shutdown: .init(isClean: false, seconds: 150), console: ["wsgi login:"], consoleLog: "/out/console.log",
            screenshot: "/out/screenshot.png")
    }

    @Test func `the text shows what failed, with what came back and the journal`() {
        let expected = """
            wsgi.qcow2: UEFI, emulated by QEMU 10.0.2, time limits ×5 (this machine has no /dev/kvm)
              ok    GET /            41.3 s  status 200
              FAIL  GET /<health>    60.0 s  status 503 instead of 200
                      | HTTP status 503
                      |
                      | "no" & done
                      journal of wsgi.service:
                      | [   40.1] test gunicorn[9]: Worker failed
              the console's last lines:
                      | wsgi login:
              boot time: 33.8 s (kernel 1.5 s, initramfs 2.3 s, userspace 30.0 s)
              the guest did not switch itself off within 150.0 s
              console log: /out/console.log
              screenshot:  /out/screenshot.png
            the boot check failed: 1 of 2 checks (75.3 s)

            """
        #expect(failing.text == expected)
    }

    @Test func `JSON gives the same report back`() throws {
        let decoded = try JSONDecoder().decode(BootReport.self, from: Data(failing.json.utf8))
        #expect(decoded == failing)
        #expect(!decoded.passed)
    }

    @Test func `JUnit escapes, drops what XML cannot hold, and counts`() throws {
        let expected = """
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites name="stonebake" tests="2" failures="1" errors="0" skipped="0" time="75.250">
              <testsuite name="wsgi (UEFI)" tests="2" failures="1" errors="0" skipped="0" time="75.250">
                <properties>
                  <property name="image" value="wsgi.qcow2"/>
                  <property name="firmware" value="uefi"/>
                  <property name="accelerator" value="tcg"/>
                  <property name="qemu" value="10.0.2"/>
                  <property name="time-scale" value="5.0"/>
                  <property name="console-log" value="/out/console.log"/>
                </properties>
                <testcase classname="wsgi.uefi.http" name="GET /" time="41.250"/>
                <testcase classname="wsgi.uefi.http" name="GET /&lt;health&gt;" time="60.000">
                  <failure message="status 503 instead of 200" type="http">HTTP status 503

            &quot;no&quot; &amp; [31mdone

            journal of wsgi.service:
            [   40.1] test gunicorn[9]: Worker failed</failure>
                </testcase>
                <system-out>wsgi login:</system-out>
              </testsuite>
            </testsuites>

            """
        #expect(JUnit.xml([failing]) == expected)
    }

    @Test func `JUnit of a boot that failed has it as a case of its own, and is XML whatever the guest wrote`() throws {
        var report = failing
        report.trouble = BootTrouble(kind: .kernelPanic, evidence: "Kernel panic - not syncing: <&\"'>]]>", seconds: 4)
        report.checks[1].state = .notRun
        report.console = [String(decoding: Array(UInt8.min...UInt8.max), as: UTF8.self), "\u{fffe}\u{ffff}\u{1F600}"]
        let counter = ElementCounter()
        let parser = XMLParser(data: Data(JUnit.xml([report, failing]).utf8))
        parser.delegate = counter
        #expect(parser.parse(), "\(String(describing: parser.parserError))")
        #expect(counter.counts["testsuite"] == 2)
        #expect(counter.counts["testcase"] == 5)
        #expect(counter.counts["failure"] == 2)
        #expect(counter.counts["skipped"] == 1)
        #expect(counter.total == 5)
    }

    @Test func `a boot that failed says why first of all`() {
        var report = failing
        report.checks = [
            .init(name: "GET /", kind: "http", state: .notRun, seconds: 3, limit: 600, detail: "the kernel panicked")
        ]
        report.trouble = BootTrouble(kind: .kernelPanic, evidence: "Kernel panic - not syncing: dead", seconds: 3.25)
        #expect(
            report.text.contains(
                "  FAIL  after 3.3 s: the kernel panicked\n          | Kernel panic - not syncing: dead\n"))
        #expect(report.text.hasSuffix("the boot check failed: the kernel panicked (75.3 s)\n"))
    }

    @Test(
        arguments: [
            (
                "Startup finished in 1.504s (kernel) + 2.1s (initrd) + 1min 4.020s (userspace) = 1min 7.624s \n"
                    + "graphical.target reached after 1min 3s in userspace.",
                BootTime(firmware: nil, loader: nil, kernel: 1.504, initramfs: 2.1, userspace: 64.02)
            ),
            (
                "Startup finished in 5.2s (firmware) + 823ms (loader) + 1s (kernel) + 12us (userspace) = 7s",
                BootTime(firmware: 5.2, loader: 0.823, kernel: 1, initramfs: nil, userspace: 0.000012)
            ),
            (
                "Startup finished in 1h 2min 3s (userspace)",
                BootTime(
                    firmware: nil, loader: nil, kernel: nil, initramfs: nil, userspace: 3723)
            ),
            ("Bootup is not yet finished (org.freedesktop.systemd1.Manager.FinishTimestampMonotonic=0).", nil),
            ("Startup finished in soon (kernel)", nil), ("", nil),
        ] as [(String, BootTime?)])
    func `systemd-analyze is read`(text: String, time: BootTime?) {
        #expect(BootTime(systemdAnalyze: text) == time)
    }
}

private final class ElementCounter: NSObject, XMLParserDelegate {
    var counts: [String: Int] = [:]
    /// The `tests` attribute of the root.
    var total = 0

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        counts[name, default: 0] += 1
        if name == "testsuites" { total = Int(attributes["tests"] ?? "") ?? 0 }
    }
}
