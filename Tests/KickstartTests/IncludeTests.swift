import Diagnostics
import Kickstart
import Testing

@Suite struct IncludeTests {
    @Test func `files are included among commands, in packages and in scripts, with their own places`() throws {
        let reading = read(
            "%include parts/a.ks\n%packages\n%include list\n%end\n%post\n%include script\nlast\n%end\n",
            files: [
                "parts/a.ks": "lang en\n%include b.ks\n", "parts/b.ks": "timezone UTC --foo\n", "list": "# x\nvim\n",
                "script": "# dropped, as by pykickstart\nfirst",
            ])
        #expect(reading.errors == ["parts/b.ks:1:14: 'timezone' has no option '--foo'"])
        #expect(reading.document.commands.first?.range.description == "parts/a.ks:1:1")
        #expect(reading.document.files.map(\.path) == ["test.ks", "parts/a.ks", "parts/b.ks", "list", "script"])
        #expect(reading.document.packages.packages.first?.range?.description == "list:2:1")
        #expect(reading.document.scripts.first?.body == "first\nlast\n")
        #expect(
            reading.document.flattened
                == "lang en\ntimezone UTC --foo\n%packages\n# x\nvim\n%end\n%post\nfirst\nlast\n%end\n")
    }

    @Test func `a path is taken as it is, and then relative to the includer`() {
        let reading = read(
            "%include d/a.ks",
            files: ["d/a.ks": "%include a\n%include b", "a": "lang a", "d/a": "lang no", "d/b": "lang b"])
        #expect(reading.errors == [])
        #expect(reading.document.commands.map { $0.arguments.map(\.value) } == [["a"], ["b"]])
    }

    @Test func `a file that is not there is an error, or kept where that is tolerated`() {
        let text = "%include /tmp/part-include\nlang en\n%include\n"
        let strict = read(text)
        #expect(
            strict.errors == [
                "test.ks:1:10: there is no file '/tmp/part-include'", "test.ks:3:1: %include names no file",
            ])
        let tolerant = read(text, toleratesMissingIncludes: true)
        #expect(tolerant.errors == ["test.ks:3:1: %include names no file"])
        #expect(tolerant.document.missingIncludes.map(\.path.value) == ["/tmp/part-include"])
        #expect(tolerant.document.missingIncludes.first?.problem.message == "there is no file '/tmp/part-include'")
    }

    @Test func `files that include one another are an error with the way there`() throws {
        let reading = read(
            "lang en\n%include a", files: ["a": "%include ./b", "b": "x\n%include a", "./b": "%include a"])
        #expect(reading.errors == ["./b:1:10: a includes itself"])
        let notes = try #require(reading.report.diagnostics.first?.notes)
        #expect(notes.compactMap(\.range?.description) == ["test.ks:2:1", "a:1:1"])
        // By ever new names, too.
        let endless = KickstartReader { .text("%include x/\($0)") }
        #expect(endless.read(path: "test.ks", text: "%include y").errors.count == 1)
        let doubling = KickstartReader { .text("%include x/\($0)\n%include y/\($0)") }
        #expect(!doubling.read(path: "test.ks", text: "%include y").errors.isEmpty)
    }

    @Test func `a URL is included only when that is allowed`() {
        let files = ["https://example.org/a.ks": "lang en"]
        let text = "%include https://example.org/a.ks"
        #expect(
            read(text, files: files).errors == [
                "test.ks:1:10: %include of a URL: nothing is fetched while a file is read"
            ])
        #expect(read(text, files: files, allowsURLs: true).document.commands.count == 1)
    }

    @Test func `%ksappend puts a file in place, in a script, too, one level deep`() throws {
        let reading = read(
            "%ksappend a\n%post\n%ksappend b\n%end\n%ksappend\n%ksappend none\n",
            files: ["a": "lang en\n%ksappend c\n", "b": "echo b", "c": "nothing"])
        #expect(reading.errors == ["test.ks:5:1: %ksappend names no file", "test.ks:6:1: there is no file 'none'"])
        #expect(reading.warnings == ["a:2:1: a %ksappend in what a %ksappend brought is not followed"])
        #expect(reading.document.scripts.first?.body == "echo b")
        #expect(reading.document.flattened == "lang en\n%post\necho b\n%end\n")
    }

    @Test func `an included file has to end the sections that it begins`() {
        let files = ["a": "%post\necho a", "b": "%include a\nlang b"]
        let reading = read("%include b", files: files)
        #expect(reading.errors == ["a:2:1: the section %post has no %end"])
        #expect(reading.document.commands.count == 1)
        #expect(read("%include b", dialect: "f7", files: files).document.scripts.count == 1)
    }

    @Test func `an included file may end the section that includes it`() {
        let reading = read(
            "%packages --nocore\n%include a\nb\n%end\n", files: ["a": "a\n%end\nlang en\n"])
        #expect(reading.errors == [])
        #expect(reading.document.packages.packages.map(\.value) == ["a", "b"])
        #expect(read(reading.document.flattened).document.packages.packages.map(\.value) == ["a", "b"])
    }
}
