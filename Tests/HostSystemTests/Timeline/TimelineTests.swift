import Foundation
import HostSystem
import Testing

/// What is measured, and within what.
@Suite struct TimelineTests {
    private func recorded(_ body: () async throws -> Void) async -> Recording {
        let recorder = TimelineRecorder(cpus: 2)
        try? await Timeline.record(recorder, "build", body)
        return recorder.recording
    }

    private func span(_ title: String, in recording: Recording) throws -> Span {
        try #require(recording.spans.first { $0.title == title }, "\(recording.spans.map(\.title))")
    }

    private func path(to span: Span, in recording: Recording) -> [String] {
        (span.parent.map { path(to: recording.spans[$0], in: recording) } ?? []) + [span.title]
    }

    @Test func `without a recording nothing is measured and everything runs`() async throws {
        #expect(!Timeline.isRecording)
        #expect(Timeline.measure("part") { 3 } == 3)
        #expect(await Timeline.wait("for it", for: nil) { 4 } == 4)
        #expect(try await ProgressSink.silent.step("disk", "assemble") { 5 } == 5)
    }

    @Test func `spans know what they are in, also in child tasks and on threads`() async throws {
        let recording = await recorded {
            try await ProgressSink.silent.step("base", "install", key: "ab", needs: ["cd"]) {
                async let side: Void = Timeline.measure("side") { await Task.yield() }
                try await blocking { Timeline.measure("on a thread") {} }
                await side
                await Task { await Timeline.measure("in a task") { await Task.yield() } }.value
            }
            Timeline.cached("make the disk", step: "disk")
        }
        for title in ["side", "on a thread", "in a task"] {
            #expect(path(to: try span(title, in: recording), in: recording) == ["build", "install", title])
        }
        let step = try span("install", in: recording)
        #expect(step.kind == .step && step.step == "base" && step.key == "ab" && step.needs == ["cd"])
        #expect(step.outcome == .done)
        #expect(try span("make the disk", in: recording).outcome == .cached)
        for span in recording.spans {
            #expect(span.end >= span.start)
            if let parent = span.parent { #expect(recording.spans[parent].start <= span.start) }
        }
    }

    @Test func `what failed is recorded as failed, and what goes on as open`() async throws {
        struct Broken: Error {}
        let recorder = TimelineRecorder(cpus: 1)
        try? await Timeline.record(recorder, "build") {
            let open = Timeline.measure("part") { recorder.recording }
            #expect(open.spans.map(\.outcome) == [.open, .open])
            _ = try await ProgressSink.silent.step("disk", "disk") { throw Broken() }
        }
        #expect(recorder.recording.spans.map(\.outcome) == [.failed, .done, .failed])
    }

    @Test func `a command is a span, with what it computed and what it printed about packages`() async throws {
        let script = """
            echo 'Setting up alpha:amd64 (1.0) ...'
            sleep 0.6
            echo 'Setting up beta (2.0) ...'
            i=0; while [ $i -lt 300000 ]; do i=$((i + 1)); done
            echo 'Processing triggers for libc-bin (2.41) ...'
            """
        let recording = await recorded {
            let runner = CommandRunner(progress: .silent)
            try await runner.check(Command("sh", ["-c", script]), purpose: "test")
        }
        let command = try span("sh", in: recording)
        #expect(command.kind == .command)
        #expect(command.cpu > 0.05, "\(command)")
        #expect(command.memory > 100_000, "\(command)")
        let items = recording.spans.filter { $0.kind == .item }
        #expect(items.map(\.title) == ["set up alpha", "set up beta", "triggers of libc-bin"])
        #expect(items.allSatisfy { $0.parent == command.id && $0.outcome == .done })
        #expect(items[0].seconds >= 0.2 && items[0].end == items[1].start && items[2].end == command.end)
        #expect(!recording.load.isEmpty)
        #expect(recording.load.allSatisfy { $0.busy >= 0 && $0.memory > 1_000_000 })
        #expect(recording.load.map(\.busy).max() ?? 0 > 0.05)
    }

    @Test func `work on a thread counts for the span around it`() async throws {
        let recording = await recorded {
            try await Timeline.measure("hash") {
                try await blocking {
                    let end = Date().addingTimeInterval(0.2)
                    while Date() < end {}
                }
            }
        }
        let cpu = try span("hash", in: recording).cpu
        #expect(cpu > 0.02 && cpu < 0.5)
    }

    @Test func `who waits for a lock names the span that held it`() async throws {
        let folder = try Folder()
        let store = try ContentStore(root: folder.path)
        let recorder = TimelineRecorder(cpus: 2)
        let held = Gate()
        try await Timeline.record(recorder, "build") {
            async let first: Void = Timeline.measure("first", kind: .appliance) {
                try await store.withLock("step-1", saying: "the base") {
                    held.open()
                    // Until the other one waits.
                    while !recorder.recording.spans.contains(where: { $0.title == "wait for the base" }) {
                        try await Task.sleep(for: .milliseconds(10))
                    }
                }
            }
            try await held.wait()
            try await Timeline.measure("second", kind: .appliance) {
                try await store.withLock("step-1", saying: "the base") {}
            }
            try await first
        }
        let recording = recorder.recording
        let wait = try span("wait for the base", in: recording)
        #expect(wait.kind == .wait && path(to: wait, in: recording) == ["build", "second", "wait for the base"])
        #expect(wait.blocker == (try span("first", in: recording)).id)
        #expect(wait.seconds > 0 && wait.outcome == .done)
    }

    @Test func `who waits at a gate names the span that opened it`() async throws {
        let gate = Gate()
        let recorder = TimelineRecorder(cpus: 2)
        try await Timeline.record(recorder, "build") {
            async let waiting: Void = Timeline.measure("waits") { try await gate.wait() }
            while !recorder.recording.spans.contains(where: { $0.kind == .wait }) {
                try await Task.sleep(for: .milliseconds(10))
            }
            await Timeline.measure("opens") {
                gate.open()
                await Task.yield()
            }
            try await waiting
        }
        let recording = recorder.recording
        let wait = try #require(recording.spans.first { $0.kind == .wait })
        #expect(wait.blocker == (try span("opens", in: recording)).id)
    }

    /// Removed with the test.
    private final class Folder {
        let path: String

        init() throws {
            path = NSTemporaryDirectory() + "timeline-\(UUID().uuidString)"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }
    }
}
