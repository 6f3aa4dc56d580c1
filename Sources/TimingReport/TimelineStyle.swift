/// The style sheets of the drawing and of the page around it, light and dark.
enum TimelineStyle {
    private struct Palette {
        var paper, ink, faint, grid, step, part, command, item, wait, critical, busy, machine, idle, failed: String
    }

    private static let light = Palette(
        paper: "#ffffff", ink: "#1b1f24", faint: "#5c6670", grid: "#e3e6ea", step: "#7aa7d9", part: "#a9c6e6",
        command: "#c3d5e8", item: "#5b86b5", wait: "#d9dce0", critical: "#d4642a", busy: "#8ebf96", machine: "#4c5157",
        idle: "#f3e3a8", failed: "#c62f3d")
    private static let dark = Palette(
        paper: "#14171a", ink: "#e6e8ea", faint: "#9aa3ad", grid: "#2b3036", step: "#3f6fa6", part: "#345983",
        command: "#2f4a68", item: "#6f9fd0", wait: "#3a3f45", critical: "#f08a4b", busy: "#3f7a4a", machine: "#c3c9cf",
        idle: "#5a4e1c", failed: "#ff6b76")

    /// Of the drawing, alone or in the page.
    static let css =
        drawing(light) + inTheDark(drawing(dark)) + """
            .timeline { font: 12px system-ui, "Helvetica Neue", Arial, sans-serif; }
            .timeline .tick, .timeline .label, .timeline .figure { font-size: 11px; }
            .timeline .figure { font-variant-numeric: tabular-nums; }
            .timeline .name.run, .timeline .name.appliance, .timeline .name.step { font-weight: 600; }
            .timeline .grid, .timeline .machine { stroke-width: 1; }
            .timeline .machine { fill: none; stroke-dasharray: 3 2; }
            .timeline .idle { opacity: 0.55; }
            .timeline .bar { stroke: none; }
            .timeline .bar.critical { stroke-width: 1.5; }
            .timeline .item { opacity: 0.8; }

            """

    /// Colours as they are and not by name: not every program that draws SVG knows CSS variables.
    private static func drawing(_ colors: Palette) -> String {
        """
        .timeline .paper { fill: \(colors.paper); }
        .timeline text { fill: \(colors.ink); }
        .timeline text.tick, .timeline text.label, .timeline text.figure { fill: \(colors.faint); }
        .timeline .grid { stroke: \(colors.grid); }
        .timeline .busy { fill: \(colors.busy); }
        .timeline .machine { stroke: \(colors.machine); }
        .timeline .idle { fill: \(colors.idle); }
        .timeline .bar { fill: \(colors.part); }
        .timeline .bar.run, .timeline .bar.appliance { fill: \(colors.grid); }
        .timeline .bar.step { fill: \(colors.step); }
        .timeline .bar.command { fill: \(colors.command); }
        .timeline .bar.wait { fill: \(colors.wait); }
        .timeline .bar.critical { stroke: \(colors.critical); }
        .timeline .bar.failed { fill: \(colors.failed); }
        .timeline .item { fill: \(colors.item); }
        .timeline .mark { fill: \(colors.critical); }

        """
    }

    private static func inTheDark(_ rules: String) -> String { "@media (prefers-color-scheme: dark) {\n\(rules)}\n" }

    static let pageCSS =
        page(light) + inTheDark(page(dark)) + """
            body { margin: 0; font: 15px/1.5 system-ui, "Helvetica Neue", Arial, sans-serif; }
            main { max-width: 1240px; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
            h1 { font-size: 1.5rem; line-height: 1.25; } h2 { font-size: 1.15rem; margin-top: 2.5rem; }
            figure { margin: 1.5rem 0; overflow-x: auto; }
            .timeline { width: 100%; min-width: 900px; height: auto; display: block; }
            .scroll { overflow-x: auto; }
            table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 0.9rem; }
            caption { text-align: left; padding: 0.25rem 0; }
            th, td { padding: 0.15rem 0.75rem; text-align: right; white-space: nowrap; }
            th[scope=row], thead th:last-child { text-align: left; font-weight: normal; white-space: normal; }
            thead th { font-weight: 600; }

            """

    private static func page(_ colors: Palette) -> String {
        """
        body { background: \(colors.paper); color: \(colors.ink); }
        caption, thead th { color: \(colors.faint); }
        th, td { border-bottom: 1px solid \(colors.grid); }
        tr.critical th[scope=row] { box-shadow: inset 3px 0 \(colors.critical); }

        """
    }
}
