import HostSystem

/// The chain of work that decided when the build ended: had any of it been shorter, the build would have been.
///
/// Found from the end backwards. Within a span, what ended last before a moment is what was waited for; of two steps, only
/// one that the other stands on (by its inputs) is taken. A wait hands over to the span that held the lock or made the
/// result. Of what failed, the first failure counts. What no span within another explains is time of the outer span
/// itself.
struct CriticalPath {
    struct Segment: Equatable {
        /// The innermost span that the time belongs to.
        var span: Int
        var start: Double
        var end: Double
        /// False when it stands for spans that are folded into this one.
        var isOwn = true

        var seconds: Double { end - start }
    }

    /// In the order of time, without gaps, from the build's start to its end.
    let segments: [Segment]
    /// The spans on it, and all that they lie in.
    let spans: Set<Int>

    init(_ tree: SpanTree) {
        var walk = BackwardWalk(tree: tree)
        segments = walk.run().filter { $0.seconds > 0 }.reversed()
        var spans: Set<Int> = []
        for segment in segments {
            var next: Span? = tree[segment.span]
            while let span = next, spans.insert(span.id).inserted { next = tree.parent(of: span) }
        }
        self.spans = spans
    }

    /// Whether some of the span's time decided when the build ended.
    func holds(_ span: Span) -> Bool { span.seconds > 0 && span.outcome != .cached && spans.contains(span.id) }

    /// With the packages of one dpkg, and other neighbours that belong to one span, put together.
    func merged(_ tree: SpanTree) -> [Segment] {
        var result: [Segment] = []
        for segment in segments {
            let shown = tree.shown(tree[segment.span]).id
            if let last = result.last, last.span == shown {
                result[result.count - 1].end = segment.end
                if shown != segment.span { result[result.count - 1].isOwn = false }
            } else {
                result.append(
                    Segment(span: shown, start: segment.start, end: segment.end, isOwn: shown == segment.span))
            }
        }
        return result
    }
}

private struct BackwardWalk {
    let tree: SpanTree
    private var visited: Set<Int> = []
    private var segments: [CriticalPath.Segment] = []

    init(tree: SpanTree) {
        self.tree = tree
    }

    /// The segments, the last first.
    mutating func run() -> [CriticalPath.Segment] {
        guard let root = tree.root else { return [] }
        var (span, time) = (root, root.end)
        /// The span from whose start the walk came up.
        var cameFrom: Span?
        visited.insert(root.id)
        while true {
            if let blocker = blocker(of: span, at: time) {
                add(span, from: min(time, blocker.end), to: time)
                time = min(time, blocker.end)
                (span, cameFrom) = (blocker, nil)
                continue
            }
            let child =
                (cameFrom == nil ? firstFailed(in: span, before: time) : nil)
                ?? lastEnded(in: span, before: time, for: cameFrom)
            if let child {
                visited.insert(child.id)
                add(span, from: child.end, to: time)
                (span, time, cameFrom) = (child, child.end, nil)
                continue
            }
            add(span, from: span.start, to: time)
            time = min(time, span.start)
            guard let parent = tree.parent(of: span) else { return segments }
            (span, cameFrom) = (parent, span)
        }
    }

    /// Whom the wait was for; each is followed once.
    private mutating func blocker(of span: Span, at time: Double) -> Span? {
        guard span.kind == .wait, let id = span.blocker, id < tree.recording.spans.count else { return nil }
        let blocker = tree[id]
        // What was there already when the wait began did not hold it up.
        guard blocker.start < time, blocker.end > span.start, visited.insert(id).inserted || blocker.kind == .appliance
        else { return nil }
        return blocker
    }

    /// Of a span that failed, what failed first in it: what ended after that was only being stopped.
    private func firstFailed(in span: Span, before time: Double) -> Span? {
        guard span.outcome == .failed else { return nil }
        let children = tree.children(of: span).filter { $0.end <= time && !visited.contains($0.id) }
        let failed = children.filter { $0.outcome == .failed }.min { ($0.end, $0.id) < ($1.end, $1.id) }
        // One of several appliances that failed stops no other.
        guard let failed, !children.contains(where: { $0.outcome != .failed && $0.end > failed.end }) else {
            return nil
        }
        return failed
    }

    private func lastEnded(in span: Span, before time: Double, for next: Span?) -> Span? {
        tree.children(of: span).filter { child in
            guard child.end <= time, !visited.contains(child.id), child.id != next?.id else { return false }
            // A step that ended by chance just before another began is no reason for it.
            if let needs = next?.needs, let key = child.key { return needs.contains(key) }
            return true
        }.max { ($0.end, $0.id) < ($1.end, $1.id) }
    }

    private mutating func add(_ span: Span, from start: Double, to end: Double) {
        if end > start { segments.append(.init(span: span.id, start: start, end: end)) }
    }
}
