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
