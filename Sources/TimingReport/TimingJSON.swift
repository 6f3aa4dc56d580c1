import FoundationEssentials
import HostSystem

/// `timings.json`, which docs/timings.schema.json describes.
private struct TimingDocument: Encodable {
    struct Entry: Encodable {
        var id: Int
        var parent: Int?
        var kind: String
        var title: String
        var step: String?
        var appliance: String?
        var outcome: String
        var start: Double
        var seconds: Double
        var cpuSeconds: Double
        var memory: Int64?
        var waitedFor: Int?
        var isCritical: Bool
    }
    struct Segment: Encodable {
        var span: Int
        var start: Double
        var seconds: Double
    }
    struct Load: Encodable {
        var time: Double
        var busy: Double
        var machine: Double?
        var memory: Int64
        var guestMemory: Int64
    }

    var format = 1
    var cpus: Int
    var seconds: Double
    var cpuSeconds: Double
    var idleSeconds: Double
    var spans: [Entry]
    var criticalPath: [Segment]
    var load: [Load]
}

extension TimingReport {
    /// For programs: every span, the critical path, the load. Sorted keys, and a line end.
    package func json() throws -> String {
        let recording = tree.recording
        let document = TimingDocument(
            cpus: recording.cpus, seconds: rounded(tree.root?.seconds ?? 0), cpuSeconds: rounded(tree.totalCPU),
            idleSeconds: rounded(tree.idleSeconds),
            spans: recording.spans.map { span in
                TimingDocument.Entry(
                    id: span.id, parent: span.parent, kind: span.kind.rawValue, title: span.title, step: span.step,
                    appliance: tree.appliance(of: span)?.title, outcome: span.outcome.rawValue,
                    start: rounded(span.start), seconds: rounded(span.seconds), cpuSeconds: rounded(tree.cpu(of: span)),
                    memory: tree.memory(of: span) > 0 ? tree.memory(of: span) : nil, waitedFor: span.blocker,
                    isCritical: path.holds(span))
            },
            criticalPath: path.segments.map {
                .init(span: $0.span, start: rounded($0.start), seconds: rounded($0.seconds))
            },
            load: recording.load.map {
                .init(
                    time: rounded($0.time), busy: rounded($0.busy), machine: $0.machine.map(rounded), memory: $0.memory,
                    guestMemory: $0.guestMemory)
            })
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(document), as: UTF8.self) + "\n"
    }

    /// To milliseconds.
    private func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
}
