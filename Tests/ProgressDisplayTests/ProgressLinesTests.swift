import Foundation
import HostSystem
import Testing

@testable import ProgressDisplay

@Suite struct `What a run shows` {
    private let plain = TextStyle(isColored: false)

    @Test func `a running step has a bar, its amount and its time`() {
        var state = RunState()
        _ = state.apply(.stepStarted(id: "base", title: "install the base system"), at: 0, style: plain)
        _ = state.apply(
            .stepProgress(id: "base", completed: 50_000_000, total: 100_000_000, unit: .bytes), at: 1, style: plain)
        let lines = progressLines(state, at: 2.5, width: 80, style: plain)
        #expect(lines == ["⠴ install the base system   ━━━━━━━━━━╌╌╌╌╌╌╌╌╌╌ 50.0 MB of 100.0 MB 2.5 s"].map(padded))
    }

    @Test func `each download under way has a line of its own, and none when it has ended`() {
        var state = RunState()
        _ = state.apply(.stepStarted(id: "fetch", title: "download"), at: 0, style: plain)
        _ = state.apply(.transfer(step: "fetch", title: "a.deb", completed: 1, total: 4), at: 1, style: plain)
        _ = state.apply(.transfer(step: "fetch", title: "b.deb", completed: 1, total: 2), at: 1, style: plain)
        #expect(state.active[0].transfers.map(\.title) == ["a.deb", "b.deb"])
        _ = state.apply(.transfer(step: "fetch", title: "b.deb", completed: 2, total: 2), at: 1, style: plain)
        #expect(state.active[0].transfers.map(\.title) == ["a.deb"])
    }

    @Test(arguments: [20, 40, 80, 200])
    func `no line is as wide as the terminal`(width: Int) {
        var state = RunState()
        let title = String(repeating: "a very long title ", count: 8)
        _ = state.apply(.stepStarted(id: "x", title: title), at: 0, style: plain)
        _ = state.apply(.stepProgress(id: "x", completed: 1, total: 3, unit: .items), at: 0, style: plain)
        #expect(progressLines(state, at: 1, width: width, style: plain).allSatisfy { $0.count < width })
    }

    @Test(arguments: [(0.04, "0.0 s"), (9.96, "10.0 s"), (99.9, "99.9 s"), (125, "2 min 05 s")])
    func `times are short`(seconds: Double, text: String) {
        #expect(formatted(seconds: seconds) == text)
    }

    @Test func `an event is one line of JSON, whatever its text holds`() {
        let event = ProgressEvent.message(.warning, "a \"quoted\"\nline\u{1}")
        #expect(
            jsonLine(event, time: 12.5)
                == #"{"time": 12.500, "event": "message", "level": "warning", "text": "a \"quoted\"\nline\u0001"}"#)
    }

    private func padded(_ line: String) -> String {
        // The details stand at the right edge, one column free.
        let parts = line.components(separatedBy: "   ")
        let gap = 79 - parts[0].count - parts[1].count
        return parts[0] + String(repeating: " ", count: gap) + parts[1]
    }
}
