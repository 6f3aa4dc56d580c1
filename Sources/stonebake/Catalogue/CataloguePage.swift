import ApplianceSpec
import BootCheck
import Foundation
import HostSystem
import ProgressDisplay

/// A catalogue as one HTML page that needs no other file: the table, and of each appliance its checks and the picture of its
/// screen.
struct CataloguePage {
    let entries: [CatalogueEntry]

    var html: String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <title>The catalogue</title>
        <style>
        body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; padding: 0 1rem; }
        table { border-collapse: collapse; width: 100%; }
        th, td { border-bottom: 1px solid #ddd; padding: .25rem .75rem .25rem 0; text-align: left; vertical-align: top; }
        td:last-child, th:last-child { padding-right: 0; } .n { text-align: right; white-space: nowrap; }
        .passed { color: #17692b; } .failed, .not-run { color: #a11; } .unknown { color: #666; }
        img { border: 1px solid #ccc; display: block; margin: .75rem 0; max-width: 100%; }
        section { margin-top: 2.5rem; } code { font-size: .9em; }
        </style>
        </head>
        <body>
        <h1>The catalogue</h1>
        <p>\(entries.count { $0.result.isProven }) of \(entries.count) appliances are proven.\(surroundings)</p>
        <table>
        <tr><th>appliance</th><th>version</th><th>what it is</th>\
        <th class="n">size</th><th class="n">build</th><th class="n">boot</th><th>last result</th></tr>
        \(entries.map(row).joined(separator: "\n"))
        </table>
        \(entries.map(section).joined(separator: "\n"))
        </body>
        </html>

        """
    }

    /// When, and with what it was found out.
    private var surroundings: String {
        guard let boot = entries.flatMap(\.boots).first else { return "" }
        let date = entries.compactMap(\.build?.builtAt).max().map { Date(timeIntervalSince1970: Double($0)) }
        let day = date.map { "Built \($0.formatted(.iso8601.year().month().day())), booted" } ?? "Booted"
        return escaped(" \(day) with QEMU \(boot.qemu), \(boot.accelerator == .kvm ? "with KVM" : "emulated").")
    }

    private func row(_ entry: CatalogueEntry) -> String {
        let name = escaped(entry.name)
        let cells = [
            "<a href=\"#\(name)\">\(name)</a>", escaped(entry.version ?? "–"), escaped(entry.summary),
        ]
        let figures = [
            entry.image.map { "\(ByteSize(bytes: $0.size))" } ?? "–",
            entry.build.map { formatted(seconds: $0.seconds) } ?? "–",
            entry.bootSeconds.map { formatted(seconds: $0) } ?? "–",
        ]
        return "<tr>" + cells.map { "<td>\($0)</td>" }.joined()
            + figures.map { "<td class=\"n\">\($0)</td>" }.joined()
            + "<td class=\"\(entry.result.pageClass)\">\(escaped(entry.result.text))</td></tr>"
    }

    private func section(_ entry: CatalogueEntry) -> String {
        let name = escaped(entry.name)
        var lines = ["<section id=\"\(name)\"><h2>\(name)</h2>", "<p>\(escaped(entry.summary))</p>"]
        if case .failed(_, _, let why) = entry.result { lines.append("<p class=\"failed\">\(escaped(why))</p>") }
        for boot in entry.boots {
            lines.append("<h3>\(escaped(boot.firmware.title))</h3>")
            lines.append("<table>")
            lines.append("<tr><th>result</th><th>check</th><th class=\"n\">after</th><th>what was seen</th></tr>")
            for check in boot.checks {
                let state = check.state.rawValue
                lines.append(
                    "<tr><td class=\"\(state)\">\(state)</td><td>\(escaped(check.name))</td>"
                        + "<td class=\"n\">\(formatted(seconds: check.seconds))</td><td>\(escaped(check.detail))</td></tr>"
                )
            }
            lines.append("</table>")
            if let picture = picture(boot) { lines.append(picture) }
        }
        return (lines + ["</section>"]).joined(separator: "\n")
    }

    /// Within the page, so that it can be sent as one file.
    private func picture(_ boot: BootReport) -> String? {
        guard let path = boot.screenshot, let data = try? Data(contentsOf: URL(filePath: path)) else { return nil }
        return
            "<img alt=\"The screen at the end of the checks\" src=\"data:image/png;base64,\(data.base64EncodedString())\">"
    }

    private func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }
}

extension CatalogueEntry.Result {
    /// What is not tested has neither passed nor failed.
    fileprivate var pageClass: String {
        switch self {
        case .passed: "passed"
        case .failed, .notCompiling: "failed"
        case .notTested, .notBuilt: "unknown"
        }
    }
}
