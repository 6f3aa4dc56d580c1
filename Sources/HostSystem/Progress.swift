import FileTrees

/// What a build tells while it runs. The terminal, the plain lines, the JSON lines and the log file all read these.
package enum ProgressEvent: Sendable {
    package enum Level: String, Sendable { case debug, info, notice, warning }
    package enum Unit: String, Sendable { case bytes, items }
    package enum Outcome: Sendable, Equatable { case done, cached, failed(String) }

    case stepStarted(id: String, title: String)
    /// `total` is nil while it is not known.
    case stepProgress(id: String, completed: Int64, total: Int64?, unit: Unit)
    case stepFinished(id: String, title: String, outcome: Outcome, seconds: Double)
    /// One file of a step's downloads; it has ended when `completed` equals `total`, or with the step.
    case transfer(step: String, title: String, completed: Int64, total: Int64?)
    case message(Level, String)
    /// A line for the log file alone: what a command printed.
    case log(String)
}

/// Where progress events go. Called from any thread; must not block for long.
package struct ProgressSink: Sendable {
    package let send: @Sendable (ProgressEvent) -> Void

    package init(_ send: @escaping @Sendable (ProgressEvent) -> Void) {
        self.send = send
    }

    package static let silent = ProgressSink { _ in }

    /// Reports a step's start and end around `body`, and makes it a span of the timeline.
    ///
    /// - Parameters:
    ///   - key: the step's digest
    ///   - needs: digests among which are those of the steps it stands on: the values of its inputs
    package func step<Value: Sendable>(
        _ id: String, _ title: String, key: String? = nil, needs: [String]? = nil, _ body: () async throws -> Value
    ) async throws -> Value {
        send(.stepStarted(id: id, title: title))
        let clock = ContinuousClock()
        let start = clock.now
        do {
            let value = try await Timeline.measure(title, kind: .step, step: id, key: key, needs: needs, body)
            send(.stepFinished(id: id, title: title, outcome: .done, seconds: (clock.now - start).inSeconds))
            return value
        } catch {
            let seconds = (clock.now - start).inSeconds
            send(.stepFinished(id: id, title: title, outcome: .failed("\(error)"), seconds: seconds))
            throw error
        }
    }

    /// Reports a step that did not have to run.
    package func cachedStep(_ id: String, _ title: String, key: String? = nil) {
        Timeline.cached(title, step: id, key: key)
        send(.stepStarted(id: id, title: title))
        send(.stepFinished(id: id, title: title, outcome: .cached, seconds: 0))
    }
}

extension ProgressSink {
    /// Events that name the appliance: `wsgi-1.0.0/base`, `wsgi-1.0.0: install the base system`.
    func telling(of name: String) -> ProgressSink {
        @Sendable func id(_ id: String) -> String { "\(name)/\(id)" }
        return ProgressSink { [self] event in
            switch event {
            case .stepStarted(let step, let title): send(.stepStarted(id: id(step), title: "\(name): \(title)"))
            case .stepProgress(let step, let completed, let total, let unit):
                send(.stepProgress(id: id(step), completed: completed, total: total, unit: unit))
            case .transfer(let step, let title, let completed, let total):
                send(.transfer(step: id(step), title: title, completed: completed, total: total))
            case .stepFinished(let step, let title, let outcome, let seconds):
                send(.stepFinished(id: id(step), title: "\(name): \(title)", outcome: outcome, seconds: seconds))
            case .message(let level, let text): send(.message(level, "\(name): \(text)"))
            case .log(let text): send(.log("\(name): \(text)"))
            }
        }
    }
}
