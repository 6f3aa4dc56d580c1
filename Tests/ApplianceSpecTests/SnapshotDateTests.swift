import Diagnostics
import Foundation
import Testing

@testable import ApplianceSpec

struct SnapshotDateTests {
    @Test(arguments: [
        ("2026-11-20", "20261120T000000Z", 1_795_132_800), ("2026-11-20T06:07:08Z", "20261120T060708Z", 1_795_154_828),
        ("20240229T235959Z", "20240229T235959Z", 1_709_251_199), ("2000-02-29", "20000229T000000Z", 951_782_400),
        ("1970-01-01", "19700101T000000Z", 0), ("2100-12-31", "21001231T000000Z", 4_133_894_400),
    ])
    func `is read in three forms and written in one`(text: String, written: String, seconds: Int64) {
        let date = SnapshotDate(parsing: text)
        #expect(date?.seconds == seconds)
        #expect(date?.text == written)
        #expect(date.map { SnapshotDate(parsing: $0.text) } == date)
    }

    @Test func `agrees with Foundation on every day of four centuries`() {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withFullDate]
        for day in stride(from: Int64(-50_000), to: 100_000, by: 17) {
            let date = SnapshotDate(seconds: day * 86400 + 3661)
            #expect(date.dayText == formatter.string(from: Date(timeIntervalSince1970: Double(date.seconds))))
            #expect(SnapshotDate(parsing: date.text) == date)
        }
    }

    @Test(arguments: [
        "2026-02-29", "2100-02-29", "2026-13-01", "2026-00-10", "2026-01-00", "2026-04-31", "20260101T240000Z",
        "20260101T006000Z", "20260101T000060Z", "2026-11-20T06:07:08", "2026-11-20T060708Z", "20261120", "2026-1-2", "",
        "20261120T060000", "2026-11-20 06:00:00", "--20261120",
    ])
    func `is refused where there is no such day, time or form`(text: String) {
        #expect(SnapshotDate(parsing: text) == nil)
    }

    @Test func `of the spec is the extending file's, and none where nobody says one`() throws {
        let base = "stonebake: 1\nsnapshot: 2024-05-06\n"
        #expect(
            try appliance(minimal("extends: base.yaml\n"), files: ["base.yaml": base]).snapshot?.value.text
                == "20240506T000000Z")
        #expect(
            try appliance(minimal("extends: base.yaml\nsnapshot: 2025-01-02T03:04:05Z\n"), files: ["base.yaml": base])
                .snapshot?.value.text == "20250102T030405Z")
        #expect(try appliance(minimal()).snapshot == nil)
    }

    @Test func `that is yet to come is refused by the clock that the compiler is given`() throws {
        let workspace = try Workspace(["a.yaml": minimal("snapshot: 2025-06-07T08:09:10Z\n")])
        let moment: Int64 = 1_749_283_750
        #expect(SpecCompiler(workingDirectory: workspace.path, now: moment).compile("a.yaml").appliance != nil)
        let early = SpecCompiler(workingDirectory: workspace.path, now: moment - 1).compile("a.yaml")
        #expect(early.appliance == nil)
        #expect(early.report.rendered(as: .text).contains("it is 20250607T080909Z now"))
    }
}
