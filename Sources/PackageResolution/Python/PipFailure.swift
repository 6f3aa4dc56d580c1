import Diagnostics
import HostSystem

/// Turns what pip printed into diagnostics at the requirement's line.
struct PipFailure {
    let requirements: Requirements
    /// pip's last lines on standard error.
    let lines: [String]
    let wheels: WheelFetcher

    init(requirements: Requirements, lines: [String], wheels: WheelFetcher) {
        self.requirements = requirements
        self.lines = lines
        self.wheels = wheels
    }

    func error() async -> ResolutionError {
        let notes = lines.filter { $0.contains("ERROR") }.map { Diagnostic.Note(Self.shortened($0)) }
        if let (line, text) = Self.invalidRequirement(lines) {
            return failure(
                "pip does not understand the requirement: \(text)", at: requirements.range(line), notes: notes)
        }
        if let wanted = Self.unsatisfied(lines) {
            let name = String(wanted.prefix { $0.isLetter || $0.isNumber || "-_.".contains($0) })
            let range = requirements.range(of: name)
            let by = range == nil ? ", which another wheel needs," : ""
            guard let page = try? await wheels.page(of: name) else {
                return failure(
                    "the package index has no project '\(name)'\(by.isEmpty ? "" : by)", at: range,
                    hint: "check the spelling; the index is the archive 'pypi' of this machine", notes: notes)
            }
            if !page.files.contains(where: { $0.name.hasSuffix(".whl") }) {
                return failure(
                    "'\(name)'\(by) has no wheel, only source archives", at: range,
                    hint: "an image is built without compilers: choose a project with wheels, or a Debian package",
                    notes: notes)
            }
            return failure(
                "no wheel of '\(name)'\(by) fits '\(wanted)' and the image's Python", at: range, hint: nil,
                notes: notes)
        }
        let conflicts = lines.filter { $0.contains("depends on") || $0.contains("The user requested") }
        if !conflicts.isEmpty {
            let named = requirements.requirements.first { requirement in
                conflicts.contains { normalizedProject($0).contains(requirement.name) }
            }
            return failure(
                "these requirements cannot be installed together", at: named.map { requirements.range($0.line) },
                notes: conflicts.map { Diagnostic.Note($0.drop { $0 == " " }.description) })
        }
        return failure("pip cannot resolve '\(requirements.file.path)'", at: nil, notes: notes)
    }

    private func failure(
        _ message: String, at range: SourceRange?, hint: String? = nil, notes: [Diagnostic.Note]
    ) -> ResolutionError {
        ResolutionError(
            .badRequirement,
            [
                Diagnostic(
                    code: ResolutionError.Code.badRequirement.rawValue, message,
                    at: range ?? requirements.file.range(line: 1), hint: hint, notes: notes)
            ])
    }

    /// pip lists every version there ever was; the last ones say enough.
    static func shortened(_ line: String) -> String {
        guard line.count > 200 else { return line }
        return "\(line.prefix(100)) … \(line.suffix(80))"
    }

    /// `ERROR: Invalid requirement: 'flask=>1' (from line 2 of /…)`.
    static func invalidRequirement(_ lines: [String]) -> (line: Int, text: String)? {
        guard let first = lines.firstIndex(where: { $0.contains("Invalid requirement") }) else { return nil }
        // pip 25 shows the requirement and a caret first; the line number is at the end of that.
        for line in lines[first...] {
            guard let mark = line.firstRange(of: "(from line ") else { continue }
            guard let number = Int(line[mark.upperBound...].prefix(while: \.isNumber)) else { continue }
            let quoted = lines[first].split(separator: "'", omittingEmptySubsequences: false)
            return (number, quoted.count > 1 ? "'\(quoted[1])'" : lines[first])
        }
        return nil
    }

    /// `ERROR: Could not find a version that satisfies the requirement foo>=2 (from versions: 1.0)`.
    static func unsatisfied(_ lines: [String]) -> String? {
        let mark = "satisfies the requirement "
        for line in lines {
            guard let start = line.firstRange(of: mark) else { continue }
            let rest = line[start.upperBound...]
            let end = rest.firstRange(of: " (from")?.lowerBound ?? rest.endIndex
            return String(rest[..<end])
        }
        return nil
    }
}
