import Diagnostics
import Foundation
import Testing

struct RendererTests {
    private static let file = SourceFile(path: "specs/a b.yaml", text: "name: a\npackges: {}\n\tbad: 日本x\n")
    private static let other = SourceFile(path: "/srv/base.yaml", text: "cpus: 0\n")

    static let report = DiagnosticReport([
        Diagnostic(
            code: "unknown-key", "unknown key 'packges'", at: file.range(line: 2, column: 1, length: 7),
            hint: "did you mean 'packages'?",
            notes: [.init("a base says it", at: other.range(line: 1)), .init("100% sure")]),
        Diagnostic(.warning, code: "odd", "odd: a, b", at: file.range(line: 1, column: 7)),
        Diagnostic(code: "no-place", "the mirror is gone"),
        Diagnostic(code: "out-of-range", "0 is too few", at: other.range(line: 1, column: 7)),
    ])

    @Test func `text: sorted by file and place, what has no place first`() {
        #expect(
            Self.report.rendered(as: .text) == """
                error: the mirror is gone [no-place]

                specs/a b.yaml:1:7: warning: odd: a, b [odd]
                   1 | name: a
                     |       ^

                specs/a b.yaml:2:1: error: unknown key 'packges' [unknown-key]
                   2 | packges: {}
                     | ^~~~~~~
                  hint: did you mean 'packages'?
                  note: /srv/base.yaml:1:1: a base says it
                  note: 100% sure

                /srv/base.yaml:1:7: error: 0 is too few [out-of-range]
                   1 | cpus: 0
                     |       ^

                """)
    }

    @Test func `text: nothing for an empty report`() {
        #expect(DiagnosticReport().rendered(as: .text) == "")
    }

    @Test func `text: colour only when asked`() {
        let plain = Self.report.rendered(as: .text)
        let colored = Self.report.rendered(as: .text, color: true)
        #expect(!plain.contains("\u{1B}"))
        #expect(colored.contains("\u{1B}[1;31merror: \u{1B}[0m"))
        #expect(colored.contains("\u{1B}[1;33mwarning: \u{1B}[0m"))
        let escapes = try? Regex("\u{1B}\\[[0-9;]*m")
        #expect(escapes.map { colored.replacing($0, with: "") } == plain)
    }

    @Test(arguments: [
        ("a日b", 3, 1, "   1 | a日b\n     |    ^\n"), ("a日b", 2, 1, "   1 | a日b\n     |  ^~\n"),
        ("\tx", 2, 1, "   1 |     x\n     |     ^\n"), ("e\u{301}x", 3, 1, "   1 | e\u{301}x\n     |  ^\n"),
        ("😀 x", 3, 1, "   1 | 😀 x\n     |    ^\n"), ("ab", 3, 5, "   1 | ab\n     |   ^\n"),
        ("ab", 99, 5, "   1 | ab\n     |   ^\n"),
        ("a\u{1B}[31mb", 7, 1, "   1 | a\u{FFFD}[31mb\n     |       ^\n"), ("", 1, 1, "   1 | \n     | ^\n"),
    ])
    func `text: the caret stands below its character`(line: String, column: Int, length: Int, excerpt: String) {
        let range = SourceFile(path: "a", text: line).range(line: 1, column: column, length: length)
        let text = DiagnosticReport([Diagnostic(code: "c", "m", at: range)]).rendered(as: .text)
        #expect(text == "a:1:\(column): error: m [c]\n" + excerpt)
    }

    @Test func `text: a range of several lines is underlined to the end of its first`() {
        let file = SourceFile(path: "a", text: "one: two\nthree\n")
        let range = SourceRange(file: file, start: .init(line: 1, column: 6), end: .init(line: 2, column: 3))
        let text = DiagnosticReport([Diagnostic(code: "c", "m", at: range)]).rendered(as: .text)
        #expect(text.hasSuffix("   1 | one: two\n     |      ^~~\n"))
    }

    @Test func `text: a line that the file does not have is left out`() {
        let range = SourceFile(path: "a", text: "x").range(line: 7)
        #expect(
            DiagnosticReport([Diagnostic(code: "c", "m", at: range)]).rendered(as: .text) == "a:7:1: error: m [c]\n")
    }

    @Test func `the same is said once`() {
        let diagnostic = Diagnostic(code: "c", "m", at: Self.file.range(line: 1))
        #expect(DiagnosticReport([diagnostic, diagnostic]).sorted.count == 1)
    }

    @Test func `json: one object with counts and places`() throws {
        let text = Self.report.rendered(as: .json)
        let document = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(document["errors"] as? Int == 3)
        #expect(document["warnings"] as? Int == 1)
        let diagnostics = try #require(document["diagnostics"] as? [[String: Any]])
        #expect(diagnostics.map { $0["code"] as? String } == ["no-place", "odd", "unknown-key", "out-of-range"])
        let place = try #require(diagnostics[2]["place"] as? [String: Any])
        #expect(place["file"] as? String == "specs/a b.yaml")
        #expect(place["line"] as? Int == 2)
        #expect(place["endColumn"] as? Int == 8)
        #expect((diagnostics[2]["notes"] as? [[String: Any]])?.count == 2)
        #expect(diagnostics[0]["place"] == nil)
    }

    @Test func `github: one command a diagnostic, escaped as the runner's toolkit does`() {
        #expect(
            Self.report.rendered(as: .github) == """
                ::error title=no-place::the mirror is gone
                ::warning file=specs/a b.yaml,line=1,col=7,endColumn=8,title=odd::odd: a, b
                ::error file=specs/a b.yaml,line=2,col=1,endColumn=8,title=unknown-key::unknown key 'packges'%0Ahint: did you mean 'packages'?%0Anote: /srv/base.yaml:1:1: a base says it%0Anote: 100%25 sure
                ::error file=/srv/base.yaml,line=1,col=7,endColumn=8,title=out-of-range::0 is too few

                """)
    }

    @Test func `github: a path with a colon or a comma cannot end its property`() {
        let range = SourceFile(path: "a,b:c.yaml", text: "x").range(line: 1)
        let text = DiagnosticReport([Diagnostic(code: "c", "m", at: range)]).rendered(as: .github)
        #expect(text == "::error file=a%2Cb%3Ac.yaml,line=1,col=1,endColumn=2,title=c::m\n")
    }

    @Test func `sarif: rules, levels, places and related places`() throws {
        let text = Self.report.rendered(as: .sarif)
        let document = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(document["version"] as? String == "2.1.0")
        let run = try #require((document["runs"] as? [[String: Any]])?.first)
        let results = try #require(run["results"] as? [[String: Any]])
        #expect(results.map { $0["level"] as? String } == ["error", "warning", "error", "error"])
        let driver = try #require((run["tool"] as? [String: Any])?["driver"] as? [String: Any])
        let rules = try #require(driver["rules"] as? [[String: Any]]).map { $0["id"] as? String }
        for result in results {
            let index = try #require(result["ruleIndex"] as? Int)
            #expect(rules[index] == result["ruleId"] as? String)
        }
        #expect(text.contains(#""uri": "specs/a%20b.yaml""#))
        #expect(text.contains(#""uri": "file:///srv/base.yaml""#))
        #expect((results[2]["relatedLocations"] as? [Any])?.count == 2)
    }
}

struct JSONValueTests {
    @Test func `texts are escaped as RFC 8259 asks, and keys are sorted`() throws {
        let value: JSONValue = ["b": "q\" \\ \n \t \u{1} é 😀", "a": [1, true, .null, .number(1.5)], "c": [:], "d": []]
        #expect(value.compactText == #"{"a":[1,true,null,1.5],"b":"q\" \\ \n \t \u0001 é 😀","c":{},"d":[]}"#)
        let read = try JSONSerialization.jsonObject(with: Data(value.prettyText.utf8)) as? [String: Any]
        #expect(read?["b"] as? String == "q\" \\ \n \t \u{1} é 😀")
    }
}
