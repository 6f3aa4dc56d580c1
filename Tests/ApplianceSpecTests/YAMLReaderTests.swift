import Diagnostics
import Foundation
import Testing

@testable import ApplianceSpec

struct YAMLReaderTests {
    private func read(_ text: String) -> (root: SpecNode?, report: DiagnosticReport) {
        YAMLReader.read(SourceFile(path: "a.yaml", text: text))
    }

    /// What the range of the value at `a:` covers.
    private func covered(_ text: String) throws -> String {
        let value = try #require(read(text).root?["a"], "\(read(text).report.rendered(as: .text))")
        let lines = value.range.file.lines.map { Array($0.unicodeScalars) }
        var covered = String.UnicodeScalarView()
        for line in value.range.start.line...value.range.end.line {
            let scalars = lines[line - 1]
            let from = line == value.range.start.line ? value.range.start.column - 1 : 0
            let to = line == value.range.end.line ? value.range.end.column - 1 : scalars.count
            covered.append(contentsOf: scalars[from..<to])
            if line < value.range.end.line { covered.append("\n") }
        }
        return String(covered)
    }

    @Test(arguments: [
        ("a: word\n", "word"), ("a: two words  # comment\n", "two words"), ("a: 'it''s'\n", "'it''s'"),
        (#"a: "q\"x" "# + "\n", #""q\"x""#), ("a: !!str 12\n", "12"), ("a: &x word\n", "word"),
        ("a: &x !!str word\n", "word"), ("a: über 日本 \n", "über 日本"), ("a:\n  two\n  lines\n", "two\n  lines"),
        ("a: \"two\n  lines\"\n", "\"two\n  lines\""), ("a: |\n  text\n", "|"), ("a: [x, yy]\n", "[x, yy"),
        ("a: {b: c}\n", "{b: c"), ("a:\n- x\n- yy\n", "- x\n- yy"), ("a:\n", "a"), ("a: ''\n", "''"),
        ("a: http://x/#y\n", "http://x/#y"), ("a: !replace [x]\n", "[x"), ("\u{FEFF}a: x\n", "x"),
    ])
    func `a value's range is its real extent`(text: String, extent: String) throws {
        let plain = text.hasPrefix("\u{FEFF}") ? String(text.unicodeScalars.dropFirst()) : text
        #expect(try covered(plain) == extent)
    }

    @Test(arguments: [
        ("no", "a string"), ("on", "a string"), ("yes", "a string"), ("NO", "a string"), ("12:30:45", "a string"),
        ("2026-01-01", "a string"), ("true", "true or false"), ("1", "a whole number"), ("0644", "a whole number"),
        ("0o17", "a whole number"), ("0x1F", "a whole number"), ("1.0", "a number"), ("1e3", "a number"),
        (".5", "a number"), ("1.", "a number"), (".inf", "a number"), ("1.0.0", "a string"), ("1_000", "a string"),
        ("~", "nothing"), ("null", "nothing"), ("'1'", "a string"), ("\"true\"", "a string"), ("!!str 1", "a string"),
        ("-", "a string"), ("+", "a string"), ("e5", "a string"), ("nan", "a string"), ("0x", "a string"),
        ("99999999999999999999", "a whole number"),
    ])
    func `scalars are typed as YAML 1.2 types them`(text: String, kind: String) {
        let root = read("a: \(text == "-" ? "'-'" : text)\n").root
        #expect(root?["a"]?.kindName == kind)
    }

    @Test func `every duplicate key is reported, in every map, beside the file's other errors`() {
        let report = read("a: 1\nb: {x: 1, x: 2, y: 1, y: 2}\na: 2\n'a': 3\nc: !odd 1\n").report
        #expect(
            report.rendered(as: .text) == """
                a.yaml:2:11: error: the key 'x' is given twice [duplicate-key]
                   2 | b: {x: 1, x: 2, y: 1, y: 2}
                     |           ^
                  note: a.yaml:2:5: first given here

                a.yaml:2:23: error: the key 'y' is given twice [duplicate-key]
                   2 | b: {x: 1, x: 2, y: 1, y: 2}
                     |                       ^
                  note: a.yaml:2:17: first given here

                a.yaml:3:1: error: the key 'a' is given twice [duplicate-key]
                   3 | a: 2
                     | ^
                  note: a.yaml:1:1: first given here

                a.yaml:4:1: error: the key 'a' is given twice [duplicate-key]
                   4 | 'a': 3
                     | ^~~
                  note: a.yaml:1:1: first given here

                a.yaml:5:4: error: the tag '!odd' is not known [unknown-tag]
                   5 | c: !odd 1
                     |    ^~~~
                  hint: the tags of a spec are '!replace' (on a list or map) and '!!str'

                """)
    }

    @Test(arguments: [
        ("", "empty-file", "1:1"), ("# only\n", "empty-file", "1:1"), ("- a\n", "wrong-type", "1:1"),
        ("word\n", "wrong-type", "1:1"), ("a: 1\n---\nb: 2\n", "several-documents", "2:1"),
        ("a:\n\tb: 1\n", "yaml-syntax", "2:1"), ("a: [1\n", "yaml-syntax", "2:1"), ("a: 'x\n", "yaml-syntax", "2:1"),
        ("a: b: c\n", "yaml-syntax", "1:5"), ("a: *x\n", "yaml-syntax", "1:4"),
        ("a: !!python/object x\n", "unknown-tag", "1:4"),
        ("a: !!binary aGk=\n", "unknown-tag", "1:4"), ("a: !x [1]\n", "unknown-tag", "1:4"),
        ("? [a]\n: b\n", "wrong-type", "1:3"),
        ("a: {<<: {b: 1}}\n", "unknown-key", "1:5"), ("a: x\u{0}y\n", "bad-character", "1:5"),
        ("a: \u{1B}[31m\n", "bad-character", "1:4"),
        ("a: x\u{2028}b: 1\n", "bad-character", "1:5"), ("a: !replace 1\n", "unknown-tag", "1:4"),
        ("a: %x\n", "yaml-syntax", "1:4"), ("a: @x\n", "yaml-syntax", "1:4"), ("a: \"\\q\"\n", "yaml-syntax", "1:5"),
    ])
    func `what YAML or a spec does not allow is an error at its place`(text: String, code: String, place: String) {
        let diagnostics = read(text).report.sorted
        #expect(diagnostics.map(\.code) == [code])
        #expect(diagnostics.first?.range?.description == "a.yaml:\(place)")
    }

    @Test func `an alias reads as what it stands for, at the place of that`() throws {
        let root = try #require(read("a: &list [x, y]\nb: *list\n").root)
        #expect(root["b"]?.items.compactMap(\.string) == ["x", "y"])
        #expect(root["b"]?.range.start.line == 1)
    }

    @Test func `line ends of Windows and of old Macs count as one line each`() throws {
        for end in ["\r\n", "\r", "\n"] {
            let root = try #require(read(["a: 1", "", "b: 2", ""].joined(separator: end)).root)
            #expect(root["b"]?.range.description == "a.yaml:3:4")
        }
    }

    @Test(arguments: [
        ("a: |+\n  x\n\n", "x\n\n"), ("a: |\n  x\n\n", "x\n"), ("a: |-\n  x\n", "x"), ("a: |\n  x", "x"),
        ("a: >\n  x\n  y\n", "x y\n"), ("a: |\r\n  x\r\n  y\r\n", "x\ny\n"), ("a: \"x\\ty\"\n", "x\ty"),
    ])
    func `block scalars keep the line ends that YAML says`(text: String, value: String) throws {
        #expect(try #require(read(text).root)["a"]?.string == value)
    }

    @Test func `values below 64 levels are too deep, once`() {
        let text = "a: " + String(repeating: "[", count: 100) + String(repeating: "]", count: 100) + "\n"
        #expect(read(text).report.sorted.map(\.code) == ["too-deep"])
    }

    @Test func `an alias that multiplies without end is refused in time`() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...30 {
            let alias = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(alias)]\n"
        }
        #expect(read(text).report.sorted.map(\.code) == ["too-large"])
    }

    @Test(arguments: ["[", "{a: ", "- ", "? ", "[{a: "])
    func `nesting without end is refused, not followed`(opening: String) {
        let report = read("a:\n  " + String(repeating: opening, count: 20_000) + "\n").report
        #expect(report.hasErrors)
    }

    @Test func `indentation without end is refused, not followed`() {
        let text = (0..<1200).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
        #expect(read(text).report.hasErrors)
    }

    @Test func `no mutation of a spec makes the compiler trap`() throws {
        let original = Array(
            try String(contentsOfFile: repository + "/Appliances/wsgi/appliance.yaml", encoding: .utf8).unicodeScalars)
        let pieces: [String] = [
            "\t", "\n", " ", ":", "- ", "[", "]", "{", "}", "'", "\"", "&a ", "*a", "!x ", "!!str ", "!replace ", "|\n",
            ">\n",
            "#", "%", "---\n", "...\n", "\u{0}", "\u{FEFF}", "é", "日", "\u{301}", "\u{1F600}", "? ", "<<: ", "\r", "\\",
            "@", "0x", "~",
        ]
        var random = SplitMix(state: 7)
        let workspace = try Workspace()
        for _ in 0..<300 {
            var text = original
            for _ in 0..<(1 + Int(random.next() % 6)) {
                let place = Int(random.next() % UInt64(text.count))
                switch random.next() % 3 {
                case 0: text.removeSubrange(place..<min(place + Int(random.next() % 20), text.count))
                case 1:
                    text.insert(contentsOf: pieces[Int(random.next() % UInt64(pieces.count))].unicodeScalars, at: place)
                default: text[place] = text[Int(random.next() % UInt64(text.count))]
                }
            }
            try workspace.write("a.yaml", Data(String(String.UnicodeScalarView(text)).utf8))
            let (appliance, report) = workspace.compile()
            #expect((appliance == nil) == report.hasErrors)
            for format in DiagnosticFormat.allCases { _ = report.rendered(as: format, color: true) }
        }
    }
}

/// A small generator with a seed, so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
