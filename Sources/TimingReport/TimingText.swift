import HostSystem

extension TimingReport {
    /// For the terminal: every span that matters, the critical path, the slowest packages.
    package var text: String {
        guard tree.root != nil else { return "" }
        return (["Where the time went: \(headline)", ""] + table + [""] + pathLines + itemLines).joined(separator: "\n")
    }

    private var table: [String] {
        let head =
            "  " + ["start", "wall", "CPU", "cores"].map { $0.right(7) }.joined() + "memory".right(9) + "    what"
        return [head]
            + tree.rows(shortest: shortest).map { span in
                let cpu = tree.cpu(of: span)
                // A wait, and what was cached, computes nothing.
                let computes = span.kind != .wait && span.outcome != .cached
                let cores = computes && span.seconds >= shortest ? decimal(cpu / span.seconds) : ""
                let figures = [
                    decimal(span.start), span.outcome == .cached ? "cached" : decimal(span.seconds),
                    computes ? decimal(cpu) : "", cores,
                ].map { $0.right(7) }.joined()
                let mark = path.holds(span) ? "┃" : " "
                let indent = String(repeating: "  ", count: tree.depth(of: span))
                return
                    "  \(figures)\(megabytes(tree.memory(of: span)).right(9))  \(mark) \(indent)\(visible(span.title))\(remark(span))"
            }
    }

    private func remark(_ span: Span) -> String {
        switch span.outcome {
        case .failed: " (failed)"
        case .open: " (not ended)"
        case .done, .cached: ""
        }
    }

    private var pathLines: [String] {
        let total = tree.root?.seconds ?? 0
        let merged = path.merged(tree)
        let shown = merged.filter { $0.seconds >= shortest }
        let rest = merged.filter { $0.seconds < shortest }
        var lines = ["The critical path (┃), which decided when the build ended:"]
        lines += shown.map { segment in
            "  \(decimal(segment.start).right(7))\(decimal(segment.seconds).right(7))\(percent(segment.seconds, of: total).right(7))  \(visible(label(of: segment)))"
        }
        if !rest.isEmpty {
            let seconds = rest.reduce(0) { $0 + $1.seconds }
            lines.append(
                "  \("".right(7))\(decimal(seconds).right(7))\(percent(seconds, of: total).right(7))  \(rest.count) shorter parts"
            )
        }
        return lines
    }

    private var itemLines: [String] {
        let items = slowestItems(10)
        guard !items.isEmpty else { return [] }
        return ["", "The slowest packages:"]
            + items.map { item in
                let step = " (\(place(of: tree.shown(item))))"
                return
                    "  \(decimal(item.start).right(7))\(decimal(item.seconds).right(7))  \(visible(item.title + step))"
            }
    }
}
