import Diagnostics

/// `#version=F40`: the first line of a file that begins so, wherever it stands.
struct VersionLine {
    var dialect: Located<Dialect>?
    /// `DEVEL` says which version was the newest once, and not which.
    var isDevelopment = false
    var problem: ArgumentProblem?

    init(_ file: SourceFile) {
        for (index, line) in file.lines.enumerated() where line.begins(with: "#version=") {
            let name = line.dropping(9).trimmed
            let range = file.range(line: index + 1, column: 10, length: name.unicodeScalars.count)
            isDevelopment = name.uppercased() == "DEVEL"
            if let found = Dialect(named: name) ?? VersionLine.longName(name) {
                dialect = Located(found, at: range)
            } else {
                problem = ArgumentProblem(
                    "there is no version '\(name)' of Kickstart", at: range,
                    hint: "\(Dialect.newest) is the newest one; DEVEL or no version means all of them",
                    code: "unknown-version")
            }
            return
        }
    }

    /// `Fedora 40`, `Red Hat Enterprise Linux 9.2`.
    private static func longName(_ name: String) -> Dialect? {
        let words = name.lowercased().split(separator: " ")
        guard words.count > 1, let number = words.last?.prefix(while: \.isNumber), !number.isEmpty else { return nil }
        if words[0] == "fedora" { return Dialect(named: "F\(number)") ?? Dialect(named: "FC\(number)") }
        return name.lowercased().begins(with: "red hat enterprise linux") ? Dialect(named: "RHEL\(number)") : nil
    }
}
