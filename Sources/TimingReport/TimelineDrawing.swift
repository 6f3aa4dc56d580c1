import HostSystem

/// The timeline as SVG: processors above, below a row for each span with its bar, its packages as stripes in it.
/// Coordinates are pixels of a drawing 1200 wide. Colours come from the style sheet, light and dark.
struct TimelineDrawing {
    let report: TimingReport

    private static let width = 1200.0
    /// Where the bars begin: titles stand to the left.
    private static let left = 400.0
    private static let rowHeight = 20.0
    private static let chartHeight = 110.0
    private static let top = 28.0

    private var tree: SpanTree { report.tree }
    private var rows: [Span] { tree.rows(shortest: report.shortest) }
    private var seconds: Double { max(tree.root?.seconds ?? 0, 0.001) }
    private var rowsTop: Double { Self.top + Self.chartHeight + 24 }
    private var height: Double { rowsTop + Double(rows.count) * Self.rowHeight + 12 }

    private func x(_ time: Double) -> Double {
        Self.left + min(max(time, 0), seconds) / seconds * (Self.width - Self.left - 12)
    }

    /// - Parameter isAlone: as a file of its own, with its style in it
    func svg(isAlone: Bool) -> String {
        let namespace = isAlone ? " xmlns=\"http://www.w3.org/2000/svg\"" : ""
        let style = isAlone ? "<style>\n\(TimelineStyle.css)</style>\n" : ""
        let paper = isAlone ? "<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n" : ""
        return """
            <svg\(namespace) class="timeline" viewBox="0 0 \(number(Self.width)) \(number(height))" role="img" \
            aria-labelledby="timeline-title timeline-text">
            <title id="timeline-title">\(escaped(tree.root?.title ?? ""))</title>
            <desc id="timeline-text">\(escaped(report.headline)). The table of spans holds the same figures.</desc>
            \(style)\(paper)\(axis)\(idle)\(load)\(bars)</svg>

            """
    }

    // MARK: Axis and load

    private var axis: String {
        let step =
            [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 3600].first { seconds / $0 <= 12 } ?? 7200
        var lines = ""
        var time = 0.0
        while time <= seconds {
            let position = number(x(time))
            lines += """
                <line class="grid" x1="\(position)" x2="\(position)" y1="\(number(Self.top))" y2="\(number(height - 8))"/>
                <text class="tick" x="\(position)" y="18">\(step < 1 ? decimal(time) : decimal(time, digits: 0)) s</text>

                """
            time += step
        }
        return lines
    }

    /// Time in which nothing of the build computed.
    private var idle: String {
        tree.idleStretches.map { stretch in
            let width = x(stretch.upperBound) - x(stretch.lowerBound)
            return """
                <rect class="idle" x="\(number(x(stretch.lowerBound)))" y="\(number(Self.top))" width="\(number(width))" \
                height="\(number(height - Self.top - 8))"><title>nothing computed for \
                \(decimal(stretch.upperBound - stretch.lowerBound)) s</title></rect>

                """
        }.joined()
    }

    private var load: String {
        let samples = tree.load(stretches: 160)
        let bottom = Self.top + Self.chartHeight
        let cpus = Double(max(tree.recording.cpus, 1))
        func y(_ busy: Double) -> Double { bottom - min(busy, cpus) / cpus * Self.chartHeight }
        var text = ""
        for core in 0...tree.recording.cpus {
            let position = number(y(Double(core)))
            text += """
                <line class="grid" x1="\(number(Self.left))" x2="\(number(Self.width - 12))" y1="\(position)" y2="\(position)"/>
                <text class="label" text-anchor="end" x="\(number(Self.left - 6))" y="\(number(y(Double(core)) + 4))">\(core)</text>

                """
        }
        text += """
            <text class="label" x="8" y="\(number(Self.top + 14))">processors busy</text>
            <rect class="busy" x="8" y="\(number(Self.top + 24))" width="14" height="10"/>
            <text class="label" x="28" y="\(number(Self.top + 33))">this build</text>
            <line class="machine" x1="8" x2="22" y1="\(number(Self.top + 47))" y2="\(number(Self.top + 47))"/>
            <text class="label" x="28" y="\(number(Self.top + 51))">the whole machine</text>
            <rect class="bar critical" x="8" y="\(number(Self.top + 60))" width="14" height="10"/>
            <text class="label" x="28" y="\(number(Self.top + 69))">on the critical path</text>
            <rect class="idle" x="8" y="\(number(Self.top + 78))" width="14" height="10"/>
            <text class="label" x="28" y="\(number(Self.top + 87))">nothing computed</text>

            """
        guard !samples.isEmpty else { return text }
        var area = "M\(number(x(0))) \(number(bottom))"
        var line = ""
        var before = 0.0
        for sample in samples {
            area +=
                "L\(number(x(before))) \(number(y(sample.busy)))L\(number(x(sample.time))) \(number(y(sample.busy)))"
            if let machine = sample.machine {
                line += "\(line.isEmpty ? "M" : "L")\(number(x(before))) \(number(y(machine)))"
                line += "L\(number(x(sample.time))) \(number(y(machine)))"
            }
            before = sample.time
        }
        area += "L\(number(x(before))) \(number(bottom))Z"
        text += "<path class=\"busy\" d=\"\(area)\"><title>processors that this build kept busy</title></path>\n"
        if !line.isEmpty {
            text += "<path class=\"machine\" d=\"\(line)\"><title>processors busy on the machine</title></path>\n"
        }
        return text
    }

    // MARK: Bars

    private var bars: String {
        rows.enumerated().map { index, span in
            let y = rowsTop + Double(index) * Self.rowHeight
            let critical = path(span) ? " critical" : ""
            let width = max(x(span.end) - x(span.start), 1.5)
            let indent = 8 + Double(tree.depth(of: span)) * 12
            return """
                <g><title>\(escaped(hover(span)))</title>
                <text class="name \(span.kind.rawValue)\(critical)" x="\(number(indent))" y="\(number(y + 14))">\
                \(escaped(shortened(span.title, to: Int((Self.left - indent - 76) / 6.3))))</text>
                <text class="figure" text-anchor="end" x="\(number(Self.left - 8))" y="\(number(y + 14))">\
                \(span.outcome == .cached ? "cached" : "\(decimal(span.seconds)) s")</text>
                <rect class="bar \(span.kind.rawValue) \(span.outcome.rawValue)\(critical)" x="\(number(x(span.start)))" \
                y="\(number(y + 3))" width="\(number(width))" height="\(number(Self.rowHeight - 6))"/>
                \(stripes(span, y: y))\(criticalMarks(span, y: y))</g>

                """
        }.joined()
    }

    private func path(_ span: Span) -> Bool { report.path.holds(span) }

    /// The packages of a command, those that can be seen.
    private func stripes(_ span: Span, y: Double) -> String {
        tree.items(of: span).filter { x($0.end) - x($0.start) >= 1 }.map { item in
            let width = x(item.end) - x(item.start)
            return """
                <rect class="item" x="\(number(x(item.start)))" y="\(number(y + 6))" width="\(number(width - 0.5))" \
                height="\(number(Self.rowHeight - 12))"><title>\(escaped(item.title)): \(decimal(item.seconds, digits: 2)) s\
                </title></rect>

                """
        }.joined()
    }

    /// Below a bar, the time of it that the end of the build waited for.
    private func criticalMarks(_ span: Span, y: Double) -> String {
        report.path.merged(tree).filter { $0.span == span.id && $0.seconds > 0 }.map { segment in
            """
            <rect class="mark" x="\(number(x(segment.start)))" y="\(number(y + Self.rowHeight - 3))" \
            width="\(number(max(x(segment.end) - x(segment.start), 1)))" height="2.5"/>

            """
        }.joined()
    }

    private func hover(_ span: Span) -> String {
        var lines = [report.place(of: span)]
        if span.outcome == .cached {
            lines.append("cached")
        } else {
            lines.append(
                "from \(decimal(span.start)) s to \(decimal(span.end)) s: \(decimal(span.seconds, digits: 2)) s")
            lines.append("\(decimal(tree.cpu(of: span))) s of processor time")
        }
        if span.outcome == .failed { lines.append("failed") }
        return lines.joined(separator: "\n")
    }

    private func shortened(_ text: String, to length: Int) -> String {
        text.count > length ? "\(text.prefix(max(length - 1, 8)))…" : text
    }

    private func number(_ value: Double) -> String { decimal(value) }
}

/// For text and attribute values of XML and HTML. Control characters, which neither may hold, are shown as `·`.
func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "&": result += "&amp;"
        case "<": result += "&lt;"
        case ">": result += "&gt;"
        case "\"": result += "&quot;"
        case "\n": result += "&#10;"
        case _ where scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value): result += "·"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}
