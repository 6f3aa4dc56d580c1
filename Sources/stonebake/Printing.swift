import Diagnostics
import Foundation
import ProgressDisplay

/// Diagnostics are for people on standard error; as JSON or SARIF they are data, and go to standard output.
func printDiagnostics(_ diagnostics: [Diagnostic], as format: DiagnosticFormat) {
    guard !diagnostics.isEmpty || format == .json || format == .sarif else { return }
    let report = DiagnosticReport(diagnostics)
    switch format {
    case .json, .sarif, .github:
        print(report.rendered(as: format), terminator: "")
    case .text:
        let isColored = textStyle(for: STDERR_FILENO).isColored
        // The text ends its own last line.
        printToStandardError(String(report.rendered(as: .text, color: isColored).dropLast()))
    }
}
