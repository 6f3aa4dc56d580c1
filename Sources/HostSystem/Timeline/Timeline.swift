/// Where the time of a run goes: `Timeline.measure("unpack") { … }` around anything makes it a span of the recording
/// that the task belongs to. The spans around it are known from the task, so that nothing has to be handed on; `async
/// let`, task groups and `Task { }` inherit them.
///
/// Without a recording (no `--timings`) each of these calls does nothing but run what it is given.
///
///     try await Timeline.measure("download 214 packages") { … }       a part of what is around it
///     try await Timeline.measure("wsgi", kind: .appliance) { … }      all of one appliance's build
///     try await Timeline.wait("libguestfs", for: launch) { … }        nothing to do until that span has ended
///     host.progress.step(…)                                           makes a span by itself, as do CommandRunner,
///                                                                     Sandbox, and withLock while it waits
package enum Timeline {
    /// The recording of the current task, and the innermost span in it.
    package struct Position: Sendable {
        package let recorder: TimelineRecorder
        package let span: Int
    }

    @TaskLocal package static var position: Position?

    package static var isRecording: Bool { position != nil }

    /// Runs `body` as a span of its own.
    ///
    /// - Parameters:
    ///   - step: a step's id; `key`: its digest; `needs`: digests among which are those of the steps it stands on
    ///   - adopting: processes that no `CommandRunner` started (libguestfs') count as this span's while it lasts
    package static func measure<Value>(
        _ title: @autoclosure () -> String, kind: Span.Kind = .part, step: String? = nil, key: String? = nil,
        needs: [String]? = nil, adopting: Bool = false, isolation: isolated (any Actor)? = #isolation,
        _ body: () async throws -> Value
    ) async rethrows -> Value {
        guard let position else { return try await body() }
        let recorder = position.recorder
        let id = recorder.begin(
            title(), kind: kind, in: position.span, step: step, key: key, needs: needs, adopting: adopting)
        var outcome = Span.Outcome.failed
        defer { recorder.end(id, outcome) }
        let value = try await $position.withValue(Position(recorder: recorder, span: id), operation: body)
        outcome = .done
        return value
    }

    /// The same for work that blocks, on a thread of `blocking(named:)`.
    package static func measure<Value>(
        _ title: @autoclosure () -> String, kind: Span.Kind = .part, _ body: () throws -> Value
    ) rethrows -> Value {
        guard let position else { return try body() }
        let recorder = position.recorder
        let id = recorder.begin(title(), kind: kind, in: position.span)
        var outcome = Span.Outcome.failed
        defer { recorder.end(id, outcome) }
        let value = try $position.withValue(Position(recorder: recorder, span: id), operation: body)
        outcome = .done
        return value
    }

    /// Runs `body`, which does nothing but wait until that other span has ended: the time is that span's on the
    /// critical path.
    ///
    /// - Parameter blocker: the `currentSpan` of where the awaited work is done; nil when it is not known.
    ///   Asked for when the wait is over.
    package static func wait<Value>(
        _ title: @autoclosure () -> String, for blocker: @autoclosure () -> Int?,
        isolation: isolated (any Actor)? = #isolation,
        _ body: () async throws -> Value
    ) async rethrows -> Value {
        guard let position else { return try await body() }
        let recorder = position.recorder
        let id = recorder.begin(title(), kind: .wait, in: position.span)
        var outcome = Span.Outcome.failed
        defer { recorder.end(id, outcome, blocker: blocker()) }
        let value = try await $position.withValue(Position(recorder: recorder, span: id), operation: body)
        outcome = .done
        return value
    }

    /// The innermost span here, for `wait` elsewhere; nil without a recording.
    package static var currentSpan: Int? { position?.span }

    /// Notes a step that did not have to run.
    package static func cached(_ title: @autoclosure () -> String, step: String, key: String? = nil) {
        guard let position else { return }
        let id = position.recorder.begin(title(), kind: .step, in: position.span, step: step, key: key)
        position.recorder.end(id, .cached)
    }

    /// Runs all of a command within a new recording, whose samples are taken while it lasts.
    package static func record<Value>(
        _ recorder: TimelineRecorder, _ title: String, isolation: isolated (any Actor)? = #isolation,
        _ body: () async throws -> Value
    ) async rethrows -> Value {
        let id = recorder.begin(title, kind: .run, in: nil)
        recorder.startSampling()
        var outcome = Span.Outcome.failed
        defer {
            recorder.end(id, outcome)
            recorder.stopSampling()
        }
        let value = try await $position.withValue(Position(recorder: recorder, span: id), operation: body)
        outcome = .done
        return value
    }
}
