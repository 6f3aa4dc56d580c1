import HostSystem

extension TimingReport {
    /// The drawing as a file of its own.
    package var svg: String {
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + TimelineDrawing(report: self).svg(isAlone: true)
    }

    /// One page with the drawing and the same figures as tables; it needs nothing from anywhere.
    package var html: String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>\(escaped(tree.root?.title ?? "")): where the time went</title>
        <style>
        \(TimelineStyle.css)\(TimelineStyle.pageCSS)</style>
        </head>
        <body>
        <main>
        <h1>\(escaped(tree.root?.title ?? "")): where the time went</h1>
        <p>\(escaped(headline)).</p>
        <figure>
        \(TimelineDrawing(report: self).svg(isAlone: false))</figure>
        <h2>The critical path</h2>
        <p>What decided when the build ended: had any of it been shorter, the build would have been.</p>
        \(pathTable)
        \(itemTable)<h2>All spans</h2>
        \(spanTable)
        </main>
        </body>
        </html>

        """
    }

    private var pathTable: String {
        let total = tree.root?.seconds ?? 0
        let rows = path.merged(tree).filter { $0.seconds >= 0.005 }.map { segment in
            row(
                [
                    decimal(segment.start, digits: 2), decimal(segment.seconds, digits: 2),
                    percent(segment.seconds, of: total),
                ], label(of: segment))
        }
        return table("The critical path, in the order of time", ["start, s", "wall, s", "share", "what"], rows)
    }

    private var itemTable: String {
        let items = slowestItems(20)
        guard !items.isEmpty else { return "" }
        let rows = items.map { item in
            let command = " (\(place(of: tree.shown(item))))"
            return row([decimal(item.start, digits: 2), decimal(item.seconds, digits: 2)], item.title + command)
        }
        return "<h2>The slowest packages</h2>\n" + table("Slowest first", ["start, s", "wall, s", "what"], rows) + "\n"
    }

    private var spanTable: String {
        let rows = tree.rows(shortest: 0).map { span in
            let cpu = tree.cpu(of: span)
            let isCached = span.outcome == .cached
            let isCritical = path.holds(span)
            return row(
                [
                    decimal(span.start, digits: 2), isCached ? "cached" : decimal(span.seconds, digits: 2),
                    isCached ? "" : decimal(cpu, digits: 2),
                    isCached || span.seconds < 0.01 ? "" : decimal(cpu / span.seconds),
                    megabytes(tree.memory(of: span)),
                    isCritical ? "yes" : "", span.outcome.rawValue,
                ], span.title, depth: tree.depth(of: span), isCritical: isCritical)
        }
        return table(
            "All spans, each below the one that it lies in",
            ["start, s", "wall, s", "CPU, s", "cores", "memory", "critical", "outcome", "what"], rows)
    }

    private func row(_ figures: [String], _ title: String, depth: Int = 0, isCritical: Bool = false) -> String {
        let cells = figures.map { "<td>\(escaped($0))</td>" }.joined()
        let mark = isCritical ? " class=\"critical\"" : ""
        return "<tr\(mark)>\(cells)<th scope=\"row\" style=\"padding-left: \(depth + 1)em\">\(escaped(title))</th></tr>"
    }

    private func table(_ caption: String, _ heads: [String], _ rows: [String]) -> String {
        """
        <div class="scroll"><table>
        <caption>\(escaped(caption))</caption>
        <thead><tr>\(heads.map { "<th scope=\"col\">\(escaped($0))</th>" }.joined())</tr></thead>
        <tbody>
        \(rows.joined(separator: "\n"))
        </tbody>
        </table></div>
        """
    }
}

enum TimelineStyle {
    /// Of the drawing, alone or in the page.
    static let css = """
        :root, svg { --paper: #ffffff; --ink: #1b1f24; --faint: #6a737d; --grid: #e3e6ea; --step: #7aa7d9;
          --part: #a9c6e6; --command: #c3d5e8; --item: #5b86b5; --wait: #d9dce0; --critical: #d4642a; --busy: #8ebf96;
          --machine: #4c5157; --idle: #f3e3a8; --failed: #c62f3d; }
        @media (prefers-color-scheme: dark) {
          :root, svg { --paper: #14171a; --ink: #e6e8ea; --faint: #9aa3ad; --grid: #2b3036; --step: #3f6fa6;
            --part: #345983; --command: #2f4a68; --item: #6f9fd0; --wait: #3a3f45; --critical: #f08a4b;
            --busy: #3f7a4a; --machine: #c3c9cf; --idle: #5a4e1c; --failed: #ff6b76; }
        }
        .timeline { font: 12px system-ui, "Helvetica Neue", Arial, sans-serif; }
        .timeline .paper { fill: var(--paper); }
        .timeline text { fill: var(--ink); }
        .timeline .tick, .timeline .label, .timeline .figure { fill: var(--faint); font-size: 11px; }
        .timeline .figure { font-variant-numeric: tabular-nums; }
        .timeline .name.run, .timeline .name.appliance, .timeline .name.step { font-weight: 600; }
        .timeline .grid { stroke: var(--grid); stroke-width: 1; }
        .timeline .busy { fill: var(--busy); }
        .timeline .machine { fill: none; stroke: var(--machine); stroke-width: 1; stroke-dasharray: 3 2; }
        .timeline .idle { fill: var(--idle); opacity: 0.55; }
        .timeline .bar { fill: var(--part); stroke: none; }
        .timeline .bar.run, .timeline .bar.appliance { fill: var(--grid); }
        .timeline .bar.step { fill: var(--step); }
        .timeline .bar.command { fill: var(--command); }
        .timeline .bar.wait { fill: var(--wait); }
        .timeline .bar.critical { stroke: var(--critical); stroke-width: 1.5; }
        .timeline .bar.failed { fill: var(--failed); }
        .timeline .item { fill: var(--item); opacity: 0.8; }
        .timeline .mark { fill: var(--critical); }

        """

    static let pageCSS = """
        body { margin: 0; background: var(--paper); color: var(--ink);
          font: 15px/1.5 system-ui, "Helvetica Neue", Arial, sans-serif; }
        main { max-width: 1240px; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
        h1 { font-size: 1.5rem; line-height: 1.25; } h2 { font-size: 1.15rem; margin-top: 2.5rem; }
        figure { margin: 1.5rem 0; overflow-x: auto; }
        .timeline { width: 100%; min-width: 900px; height: auto; display: block; }
        .scroll { overflow-x: auto; }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 0.9rem; }
        caption { text-align: left; color: var(--faint); padding: 0.25rem 0; }
        th, td { padding: 0.15rem 0.75rem; border-bottom: 1px solid var(--grid); text-align: right; white-space: nowrap; }
        th[scope=row], thead th:last-child { text-align: left; font-weight: normal; white-space: normal; }
        thead th { color: var(--faint); font-weight: 600; }
        tr.critical th[scope=row] { box-shadow: inset 3px 0 var(--critical); }

        """
}
