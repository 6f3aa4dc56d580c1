import HostSystem

/// A recording's spans with what is known of each only from those within it.
struct SpanTree {
    let recording: Recording
    /// By a span's id, in the order in which they began.
    private let children: [[Int]]
    /// Processor seconds of a span and all within it.
    private let inclusiveCPU: [Double]
    /// Bytes: the most that one command within a span occupied.
    private let inclusiveMemory: [Int64]
    /// Those that nothing is told of by themselves: packages, and a command that is all there is to the part around it.
    private let isFolded: [Bool]

    init(_ recording: Recording) {
        self.recording = recording
        var children = [[Int]](repeating: [], count: recording.spans.count)
        var cpu = recording.spans.map(\.cpu)
        var memory = recording.spans.map(\.memory)
        for span in recording.spans { if let parent = span.parent { children[parent].append(span.id) } }
        // Those within come after those around them.
        for span in recording.spans.reversed() {
            guard let parent = span.parent else { continue }
            cpu[parent] += cpu[span.id]
            memory[parent] = max(memory[parent], memory[span.id])
        }
        self.children = children
        (inclusiveCPU, inclusiveMemory) = (cpu, memory)
        isFolded = recording.spans.map { span in
            guard span.kind == .command, let parent = span.parent,
                [.step, .part, .wait].contains(recording.spans[parent].kind)
            else {
                return span.kind == .item
            }
            return span.seconds >= 0.8 * recording.spans[parent].seconds
                && !children[parent].contains { $0 != span.id && recording.spans[$0].seconds >= 0.1 * span.seconds }
        }
    }

    var root: Span? { recording.spans.first }
    subscript(id: Int) -> Span { recording.spans[id] }
    func children(of span: Span) -> [Span] { children[span.id].map { recording.spans[$0] } }
    func parent(of span: Span) -> Span? { span.parent.map { recording.spans[$0] } }
    func memory(of span: Span) -> Int64 { inclusiveMemory[span.id] }

    func cpu(of span: Span) -> Double { span.parent == nil ? totalCPU : inclusiveCPU[span.id] }

    /// Of the whole build: what the kernel counted, also where no span claims it.
    var totalCPU: Double {
        var total = 0.0
        var before = 0.0
        for sample in recording.load {
            total += sample.busy * (sample.time - before)
            before = sample.time
        }
        return max(total, inclusiveCPU.first ?? 0)
    }

    /// The span that stands for this one: itself, or the one around it that it is folded into.
    func shown(_ span: Span) -> Span {
        guard isFolded[span.id], let parent = parent(of: span) else { return span }
        return shown(parent)
    }

    /// The packages that the span stands for.
    func items(of span: Span) -> [Span] {
        children(of: span).flatMap { child in
            guard isFolded[child.id] else { return [Span]() }
            return child.kind == .item ? [child] : items(of: child)
        }
    }

    /// How many spans it lies in.
    func depth(of span: Span) -> Int { parent(of: span).map { depth(of: $0) + 1 } ?? 0 }

    /// The appliance whose build the span belongs to; nil in a run of one appliance.
    func appliance(of span: Span) -> Span? {
        span.kind == .appliance ? span : parent(of: span).flatMap { appliance(of: $0) }
    }

    /// All spans but those that are folded into others, each after the one that it lies in; those too short to be seen only when they say something.
    func rows(shortest seconds: Double) -> [Span] {
        func isShown(_ span: Span) -> Bool {
            switch span.kind {
            case .run, .appliance, .step: true
            case .item: false
            case .command where isFolded[span.id]: false
            case .part, .command, .wait: span.seconds >= seconds || span.outcome == .failed
            }
        }
        func below(_ span: Span) -> [Span] {
            guard isShown(span) else { return [] }
            return [span] + children(of: span).flatMap(below)
        }
        return root.map(below) ?? []
    }

    /// Processors that other work on the machine kept busy, on average.
    var othersBusy: Double {
        let samples = recording.load.compactMap { sample in sample.machine.map { max($0 - sample.busy, 0) } }
        return samples.isEmpty ? 0 : samples.reduce(0, +) / Double(samples.count)
    }

    /// The load in at most so many stretches of equal length, each the mean of its samples.
    func load(stretches: Int) -> [LoadSample] {
        let samples = recording.load
        let size = max(1, (samples.count + stretches - 1) / max(stretches, 1))
        return stride(from: 0, to: samples.count, by: size).map { start in
            let part = samples[start..<min(start + size, samples.count)]
            var mean = part[part.endIndex - 1]
            let machine = part.compactMap(\.machine)
            mean.busy = part.reduce(0) { $0 + $1.busy } / Double(part.count)
            mean.machine = machine.isEmpty ? nil : machine.reduce(0, +) / Double(machine.count)
            return mean
        }
    }

    /// Seconds in which neither Stonebake nor anything it started computed: it waited for a disk, a network, somebody.
    var idleSeconds: Double { idleStretches.reduce(0) { $0 + $1.upperBound - $1.lowerBound } }

    /// Those of at least two samples.
    var idleStretches: [ClosedRange<Double>] {
        var stretches: [ClosedRange<Double>] = []
        var before = 0.0
        for sample in recording.load {
            if sample.busy < 0.05 {
                if let last = stretches.last, last.upperBound == before {
                    stretches[stretches.count - 1] = last.lowerBound...sample.time
                } else {
                    stretches.append(before...max(before, sample.time))
                }
            }
            before = sample.time
        }
        return stretches.filter { $0.upperBound - $0.lowerBound > 0.15 }
    }
}
