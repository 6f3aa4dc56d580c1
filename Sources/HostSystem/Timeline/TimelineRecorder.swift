internal import FileTrees
internal import Glibc
import Synchronization

/// Collects the spans and the load of one run. Everything that the stages do with it goes through `Timeline`.
package final class TimelineRecorder: Sendable {
    private struct State {
        var spans: [Span] = []
        var load: [LoadSample] = []
        /// A command's span, and the item in it that goes on.
        var items: [Int: Int] = [:]
        /// The first process of a command, and its span.
        var processes: [Int32: Int] = [:]
        /// Spans to which processes of unknown origin belong, the newest last.
        var adopters: [Int] = []
        /// A lock's path, and the span in which it was last taken.
        var holders: [String: Int] = [:]
        /// Processor time that the kernel told at a command's end; better than what samples add up to.
        var exact: [Int: Double] = [:]
        var isSampling = false
    }

    private let state = Mutex(State())
    private let started = ContinuousClock().now
    private let cpus: Int

    /// - Parameter cpus: how many the build can use
    package init(cpus: Int = Host.usableProcessors()) {
        self.cpus = cpus
    }

    /// What has been recorded so far; what goes on still ends now.
    package var recording: Recording {
        let now = time
        return state.withLock { state in
            let spans = state.spans.map { span in
                var span = span
                if span.outcome == .open { span.end = now }
                if let exact = state.exact[span.id] { span.cpu = max(span.cpu, exact) }
                return span
            }
            return Recording(spans: spans, load: state.load, cpus: cpus)
        }
    }

    private var time: Double { (ContinuousClock().now - started).inSeconds }

    // MARK: Spans

    func begin(
        _ title: String, kind: Span.Kind, in parent: Int?, step: String? = nil, key: String? = nil,
        needs: [String]? = nil, adopting: Bool = false
    ) -> Int {
        let now = time
        return state.withLock { state in
            let id = state.spans.count
            state.spans.append(
                Span(
                    id: id, parent: parent, kind: kind, title: title, step: step, key: key, needs: needs, start: now,
                    end: now, outcome: .open))
            if adopting { state.adopters.append(id) }
            return id
        }
    }

    func end(_ id: Int, _ outcome: Span.Outcome, blocker: Int? = nil) {
        let now = time
        state.withLock { state in
            if let item = state.items.removeValue(forKey: id) { Self.end(item, .done, now, &state) }
            Self.end(id, outcome, now, &state)
            state.spans[id].blocker = blocker
            state.adopters.removeAll { $0 == id }
        }
    }

    private static func end(_ id: Int, _ outcome: Span.Outcome, _ now: Double, _ state: inout State) {
        state.spans[id].end = now
        state.spans[id].outcome = outcome
    }

    /// Looks at a line that a command printed: dpkg says when it turns to the next package.
    func line(_ text: String, in span: Int) {
        guard let title = Self.item(text) else { return }
        let now = time
        state.withLock { state in
            if let item = state.items[span] { Self.end(item, .done, now, &state) }
            let id = state.spans.count
            state.spans.append(
                Span(id: id, parent: span, kind: .item, title: title, start: now, end: now, outcome: .open))
            state.items[span] = id
        }
    }

    /// `set up nginx-light` from `Setting up nginx-light (1.26.3-3) ...`; nil for a line that begins nothing.
    static func item(_ line: String) -> String? {
        for (prefix, verb) in [
            ("Setting up ", "set up"), ("Processing triggers for ", "triggers of"),
            ("Running the preinst of ", "preinst of"),
        ] where line.hasPrefix(prefix) {
            let name = line.dropFirst(prefix.count).prefix { $0 != " " && $0 != ":" }
            return "\(verb) \(name)"
        }
        return nil
    }

    /// Notes who has the lock now.
    func lockTaken(_ path: String, by span: Int) {
        state.withLock { $0.holders[path] = span }
    }

    func lastHolder(of path: String) -> Int? { state.withLock { $0.holders[path] } }

    // MARK: Processor time and memory

    /// Says that the process and all that it starts belong to the span.
    func note(process: Int32, of span: Int) {
        state.withLock { $0.processes[process] = span }
    }

    /// Adds processor time of one of Stonebake's own threads.
    func add(threadSeconds seconds: Double, to span: Int) {
        state.withLock { $0.spans[span].cpu += seconds }
    }

    /// Takes what the kernel told of a command at its end.
    func set(commandSeconds seconds: Double, of span: Int) {
        state.withLock { $0.exact[span] = seconds }
    }

    /// Ten times a second, on a thread of its own.
    func startSampling() {
        state.withLock { $0.isSampling = true }
        // Without the thread there is a timeline all the same, only without its curve.
        try? startThread(named: "timeline") { [self] in
            var sampler = ProcessSampler(cpus: cpus)
            while state.withLock({ $0.isSampling }) {
                usleep(100_000)
                take(sampler.sample(), at: time)
            }
        }
    }

    func stopSampling() {
        state.withLock { $0.isSampling = false }
    }

    private func take(_ sample: ProcessSampler.Sample, at time: Double) {
        state.withLock { state in
            guard state.isSampling, !state.spans.isEmpty else { return }
            for command in sample.commands {
                let span = state.processes[command.process] ?? state.adopters.last ?? 0
                state.spans[span].cpu += command.seconds
                state.spans[span].memory = max(state.spans[span].memory, command.memory)
            }
            state.load.append(
                LoadSample(
                    time: time, busy: sample.busy, machine: sample.machine, memory: sample.memory,
                    guestMemory: sample.guestMemory))
        }
    }
}
