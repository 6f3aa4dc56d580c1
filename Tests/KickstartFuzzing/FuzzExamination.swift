import Diagnostics
import Kickstart

/// Reads one input, and says what should not be: a trap ends the process anyway.
package struct FuzzExamination {
    private let inputs: FuzzInputs
    /// Longer than this on any machine is a loop.
    private static let longest = Duration.seconds(20)

    package init(_ inputs: FuzzInputs) { self.inputs = inputs }

    /// - Returns: what is wrong with the reading of the input of that number; nothing, when all is well.
    package func examine(_ number: UInt64) -> [String] {
        let choice = inputs.choice(number, of: 3 * Dialect.all.count)
        let dialect = choice < Dialect.all.count ? Dialect.all[choice] : nil
        let options = KickstartOptions(dialect: dialect, toleratesMissingIncludes: choice % 2 == 0)
        let reader = KickstartReader(options: options) { path in
            switch path {
            case "a": .text(inputs.text(number &+ 1))
            case "b": .text("%include a\nlang b")
            case "/denied": .failed("denied")
            default: .notFound
            }
        }
        let text = inputs.text(number)
        let clock = ContinuousClock()
        let start = clock.now
        let reading = reader.read(path: "fuzz.ks", text: text)
        var wrong: [String] = []
        if clock.now - start > Self.longest { wrong.append("reading takes \(clock.now - start)") }
        for range in places(reading) where !isInside(range) { wrong.append("\(range) to \(range.end) is nowhere") }
        if !reading.report.hasErrors, reading.document.missingIncludes.isEmpty {
            let again = reader.read(path: "flat.ks", text: reading.document.flattened)
            if again.report.hasErrors || again.document.commands.count != reading.document.commands.count
                || again.document.scripts.map(\.body) != reading.document.scripts.map(\.body)
            {
                wrong.append("flattened, it says something else")
            }
        }
        return wrong
    }

    private func places(_ reading: KickstartReading) -> [SourceRange] {
        let document = reading.document
        var ranges = reading.report.diagnostics.flatMap { [$0.range] + $0.notes.map(\.range) }
        for line in document.commands { ranges += [line.range, line.name.range] + line.arguments.map(\.range) }
        for script in document.scripts {
            ranges += [script.range, script.interpreter.range] + script.lines.map(\.range)
        }
        let packages = document.packages
        ranges += (packages.packages + packages.excludedPackages + packages.excludedGroups).map(\.range)
        ranges += packages.groups.map(\.range) + [packages.environment?.range, document.version?.range]
        for section in document.rawSections { ranges += [section.range] + section.lines.map(\.range) }
        return ranges.compactMap { $0 }
    }

    /// A range may end one behind the end of its line: it has at least one column.
    private func isInside(_ range: SourceRange) -> Bool {
        let lines = range.file.lines
        guard range.start <= range.end, range.start.line >= 1, range.end.line <= lines.count else { return false }
        let width = lines[range.end.line - 1].unicodeScalars.count
        return range.start.column >= 1 && range.end.column <= width + 3
    }
}
