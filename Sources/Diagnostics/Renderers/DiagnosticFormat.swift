/// How diagnostics are written: `--format`.
package enum DiagnosticFormat: String, Sendable, CaseIterable {
    /// For people: the place, the line, a caret, the hint.
    case text
    /// One JSON object.
    case json
    /// SARIF 2.1.0, for code scanning services.
    case sarif
    /// GitHub Actions' workflow commands, which annotate a pull request's lines.
    case github
}

extension DiagnosticReport {
    /// The whole report, sorted by file and place. Text and github are empty for an empty report; json and sarif are
    /// always a document.
    ///
    /// - Parameter color: ANSI colours; only the text format has them.
    package func rendered(as format: DiagnosticFormat, color: Bool = false) -> String {
        switch format {
        case .text: TextRenderer(color: color).render(sorted)
        case .json: JSONRenderer().render(sorted)
        case .sarif: SARIFRenderer().render(sorted)
        case .github: GitHubRenderer().render(sorted)
        }
    }

    /// By file, in the order in which files are first named, then by place; what has no place comes first. The order
    /// of equal ones is kept, and what is said twice is said once.
    package var sorted: [Diagnostic] {
        var order: [String: Int] = [:]
        for diagnostic in diagnostics {
            if let path = diagnostic.range?.file.path, order[path] == nil { order[path] = order.count }
        }
        func place(_ diagnostic: Diagnostic) -> (Int, SourcePosition) {
            guard let range = diagnostic.range else { return (-1, SourcePosition(line: 0, column: 0)) }
            return (order[range.file.path] ?? 0, range.start)
        }
        let inOrder = diagnostics.enumerated().sorted { left, right in
            let (leftPlace, rightPlace) = (place(left.element), place(right.element))
            return (leftPlace.0, leftPlace.1, left.offset) < (rightPlace.0, rightPlace.1, right.offset)
        }
        var seen: Set<String> = []
        return inOrder.map(\.element).filter { diagnostic in
            seen.insert("\(diagnostic.range?.description ?? "") \(diagnostic.code) \(diagnostic.message)").inserted
        }
    }
}
