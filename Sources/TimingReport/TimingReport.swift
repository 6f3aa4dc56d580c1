package import HostSystem

/// Where the time of a build went, for people and for programs.
package struct TimingReport: Sendable {
    /// What the text and the drawing leave out: spans shorter than this many seconds that are no steps.
    var shortest: Double { max(0.05, (tree.root?.seconds ?? 0) / 500) }
    let tree: SpanTree
    let path: CriticalPath

    package init(_ recording: Recording) {
        tree = SpanTree(recording)
        path = CriticalPath(tree)
    }

    /// The packages (and other items) that took longest, the longest first.
    func slowestItems(_ count: Int) -> [Span] {
        Array(
            tree.recording.spans.filter { $0.kind == .item && $0.seconds >= 0.05 }
                .sorted { ($1.seconds, $0.id) < ($0.seconds, $1.id) }.prefix(count))
    }

    /// A span's name within the whole: `install the base system › dpkg --configure -a`.
    func place(of span: Span) -> String {
        var names: [String] = []
        var next: Span? = span
        while let span = next, span.kind != .run {
            if span.kind != .appliance || appliances > 1 { names.append(span.title) }
            next = tree.parent(of: span)
        }
        return names.isEmpty ? span.title : names.reversed().joined(separator: " › ")
    }

    private var appliances: Int { tree.recording.spans.count { $0.kind == .appliance } }

    /// Where a segment's time went; the outer spans' own time has nothing else to be called.
    func label(of segment: CriticalPath.Segment) -> String {
        let span = tree[segment.span]
        let isContainer = tree.children(of: span).contains { tree.shown($0).id == $0.id }
        return isContainer && segment.isOwn ? "\(place(of: span)) (around its parts)" : place(of: span)
    }

    /// The summary that stands above everything else.
    var headline: String {
        let recording = tree.recording
        let seconds = tree.root?.seconds ?? 0
        let cpu = tree.totalCPU
        var parts = [
            "\(decimal(seconds)) s on \(recording.cpus) \(recording.cpus == 1 ? "processor" : "processors")",
            "\(decimal(cpu)) s of processor time, \(decimal(seconds > 0 ? cpu / seconds : 0, digits: 2)) busy on average",
        ]
        if !recording.load.isEmpty {
            let others = tree.othersBusy
            if others >= 0.2 { parts.append("others kept \(decimal(others)) busy meanwhile") }
            parts.append("nothing of it computed for \(decimal(tree.idleSeconds)) s")
            let peak = recording.load.map(\.memory).max() ?? 0
            let guest = recording.load.map(\.guestMemory).max() ?? 0
            parts.append(
                "at most \(megabytes(peak)) of memory" + (guest > 0 ? " and \(megabytes(guest)) for QEMU" : ""))
        }
        return parts.joined(separator: "; ")
    }
}
