import Testing

@testable import ApplianceSpec

/// The exact text of the main errors, as a person sees it.
struct TerminalTextTests {
    private let files = [
        "hello/hello.py": "def app(environ, start_response): pass\n", "requirements.txt": "flask\n",
        "base.yaml": "stonebake: 1\npackages: {install: [nginx, curl]}\n",
    ]

    private func text(_ spec: String) throws -> String { try terminalText(minimal(spec), files: files) }

    @Test func `an unknown key is reported at its line, with the one that was meant`() throws {
        #expect(
            try text("packges: {install: [nginx]}\n") == """
                a.yaml:5:1: error: unknown key 'packges' in a spec [unknown-key]
                   5 | packges: {install: [nginx]}
                     | ^~~~~~~
                  hint: did you mean 'packages'?

                """)
    }

    @Test func `all wrong types of a file are reported at once`() throws {
        #expect(
            try text("packages: [nginx]\ncpus: two\nhostname: 12\n") == """
                a.yaml:5:11: error: expected a map, found a list [wrong-type]
                   5 | packages: [nginx]
                     |           ^~~~~~

                a.yaml:6:7: error: expected a whole number, found a string [wrong-type]
                   6 | cpus: two
                     |       ^~~

                a.yaml:7:11: error: expected a string (a host name), found a whole number [wrong-type]
                   7 | hostname: 12
                     |           ^~
                  hint: write it in quotes: "12"

                """)
    }

    @Test(arguments: [
        ("application: web-app\n", "write 'web-app:', with its keys below"),
        ("application: {broker: }\n", "write '{}' for one with the defaults"),
        ("application: {broker: {queues: [orders]}}\n", "write '{name: orders}'"),
        ("recipe: site.pp\n", nil), ("application: {wsgi: }\n", nil),
        ("checks: [http]\n", "write 'http:', with its keys below"),
    ])
    func `where a map belongs, what was meant is shown as one`(spec: String, hint: String?) throws {
        let shown = try text(spec)
        #expect(shown.contains("error: expected a map, found "), "\(shown)")
        #expect(shown.contains("hint: write '") == (hint != nil), "\(shown)")
        if let hint { #expect(shown.contains("  hint: \(hint)\n"), "\(shown)") }
    }

    @Test func `a duplicate key names both places`() throws {
        #expect(
            try text("cpus: 2\nmemory: 1 GiB\ncpus: 4\n") == """
                a.yaml:7:1: error: the key 'cpus' is given twice [duplicate-key]
                   7 | cpus: 4
                     | ^~~~
                  note: a.yaml:5:1: first given here

                """)
    }

    @Test func `a size without a unit is shown how to get one`() throws {
        #expect(
            try text("disk: {size: 700, free: 20 percent}\n") == """
                a.yaml:5:14: error: expected a string (a size or auto), found a whole number [wrong-type]
                   5 | disk: {size: 700, free: 20 percent}
                     |              ^~~
                  hint: write a unit: '700 MB' or '700 MiB'

                a.yaml:5:25: error: '20 percent' is not a size or share [bad-size]
                   5 | disk: {size: 700, free: 20 percent}
                     |                         ^~~~~~~~~~
                  hint: write '20%'

                """)
    }

    @Test func `a version that YAML reads as a number is to be quoted`() throws {
        let spec = "stonebake: 1\nname: a\nversion: 1.0\ndistribution: {name: debian, release: trixi}\n"
        #expect(
            try terminalText(spec) == """
                a.yaml:3:10: error: expected a string (a version), found a number [wrong-type]
                   3 | version: 1.0
                     |          ^~~
                  hint: write it in quotes: "1.0"

                a.yaml:4:39: error: 'trixi' is not one of trixie, bookworm [unknown-value]
                   4 | distribution: {name: debian, release: trixi}
                     |                                       ^~~~~
                  hint: did you mean 'trixie'?

                """)
    }

    @Test func `a bad version says what a version is`() throws {
        let spec = "stonebake: 1\nname: a\nversion: v1\ndistribution: {name: debian, release: trixie}\n"
        #expect(
            try terminalText(spec) == """
                a.yaml:3:10: error: 'v1' is not a version [bad-version]
                   3 | version: v1
                     |          ^~
                  hint: for example '1.0.0' or '2026.11.21' or '2.0-rc1'

                """)
    }

    @Test func `an unknown application kind gets the one that was meant`() throws {
        #expect(
            try text("application:\n  wsgy: {module: hello}\n") == """
                a.yaml:6:3: error: unknown key 'wsgy' in an application [unknown-key]
                   6 |   wsgy: {module: hello}
                     |   ^~~~
                  hint: did you mean 'wsgi'?

                """)
    }

    @Test func `source folders, requirements and modules that do not exist are reported together`() throws {
        #expect(
            try text("application: {wsgi: {module: hello, source: helo, requirements: requirments.txt}}\n") == """
                a.yaml:5:30: error: 'hello' is not a WSGI module [bad-wsgi-module]
                   5 | application: {wsgi: {module: hello, source: helo, requirements: requirments.txt}}
                     |                              ^~~~~
                  hint: module and callable with a colon between: 'hello:app'

                a.yaml:5:45: error: there is no folder 'helo' [folder-not-found]
                   5 | application: {wsgi: {module: hello, source: helo, requirements: requirments.txt}}
                     |                                             ^~~~
                  hint: did you mean 'hello'?

                a.yaml:5:65: error: there is no file 'requirments.txt' [file-not-found]
                   5 | application: {wsgi: {module: hello, source: helo, requirements: requirments.txt}}
                     |                                                                 ^~~~~~~~~~~~~~~
                  hint: did you mean 'requirements.txt'?

                """)
        #expect(
            try text("application: {wsgi: {module: 'helo:app', source: hello}}\n") == """
                a.yaml:5:30: error: there is no module 'helo' in 'hello' [module-not-found]
                   5 | application: {wsgi: {module: 'helo:app', source: hello}}
                     |                              ^~~~~~~~~~
                  hint: did you mean 'hello:app'?

                """)
    }

    @Test func `a check against a port that nothing listens on`() throws {
        #expect(
            try text("checks:\n- http: {path: /, port: 8080}\n") == """
                a.yaml:6:25: error: nothing in this appliance listens on port 8080 [nothing-listens]
                   6 | - http: {path: /, port: 8080}
                     |                         ^~~~
                  hint: these are listened on: 22; where a service of your own listens, say 'ports: [8080]'

                """)
    }

    @Test func `a disk smaller than any contents, and a budget smaller than the disk`() throws {
        #expect(
            try text("disk: {size: 10 MB}\n") == """
                a.yaml:5:14: error: a disk of 10.0 MB holds no system [bad-size]
                   5 | disk: {size: 10 MB}
                     |              ^~~~~
                  hint: at least 64 MiB, or 'auto'

                """)
        #expect(
            try text("disk: {size: 1 GB, budget: 500 MB}\n") == """
                a.yaml:5:28: error: the budget of 500.0 MB is less than the size of 1.0 GB [over-budget]
                   5 | disk: {size: 1 GB, budget: 500 MB}
                     |                            ^~~~~~
                  note: a.yaml:5:14: the size is given here

                """)
    }

    @Test func `a plain password is refused, not shown in the message, and the way to hash it is`() throws {
        #expect(
            try text("users:\n- {name: ada, password: hunter2}\n") == """
                a.yaml:6:25: error: this is not a password that a spec can hold [bad-password]
                   6 | - {name: ada, password: hunter2}
                     |                         ^~~~~~~
                  hint: a spec holds no plain password: write 'locked', or the hash that 'mkpasswd --method=yescrypt' prints

                """)
    }

    @Test func `taking out a package that no base asks for`() throws {
        #expect(
            try text("extends: base.yaml\npackages:\n  install: [-ngnx]\n") == """
                a.yaml:7:13: error: no base asks for the package 'ngnx' [nothing-to-remove]
                   7 |   install: [-ngnx]
                     |             ^~~~~
                  hint: did you mean '-nginx'?

                """)
    }

    @Test func `a base that does not exist gets the file that was meant`() throws {
        #expect(
            try text("extends: bas.yaml\n") == """
                a.yaml:5:10: error: there is no file 'bas.yaml' [file-not-found]
                   5 | extends: bas.yaml
                     |          ^~~~~~~~
                  hint: did you mean 'base.yaml'?

                """)
    }

    @Test func `tabs and wide characters keep the caret below its place`() throws {
        #expect(
            try text("packages: {install: [\tvim,\t日本, \"é\"]}\n") == """
                a.yaml:5:28: error: '日本' is not a package request [bad-package-request]
                   5 | packages: {install: [    vim,    日本, "é"]}
                     |                                  ^~~~
                  hint: for example 'nginx' or 'nginx=1.26.3-3' or 'nginx/trixie-backports' or 'libc6:amd64' or '-nginx'

                a.yaml:5:32: error: 'é' is not a package request [bad-package-request]
                   5 | packages: {install: [    vim,    日本, "é"]}
                     |                                        ^~~
                  hint: for example 'nginx' or 'nginx=1.26.3-3' or 'nginx/trixie-backports' or 'libc6:amd64' or '-nginx'

                """)
    }

    @Test func `tabs for indentation`() throws {
        #expect(
            try text("packages:\n\tinstall: [vim]\n") == """
                a.yaml:6:1: error: found character that cannot start any token [yaml-syntax]
                   6 |     install: [vim]
                     | ^~~~
                  hint: YAML is indented with spaces, not with tabs

                """)
    }

    @Test func `a misspelt key that is required is one error, not two`() throws {
        let spec = "stonebake: 1\nnaem: a\nversion: 1.0.0\ndistribution: {nam: debian, release: trixie}\n"
        #expect(
            try terminalText(spec) == """
                a.yaml:2:1: error: unknown key 'naem' in a spec [unknown-key]
                   2 | naem: a
                     | ^~~~
                  hint: did you mean 'name'?

                a.yaml:4:16: error: unknown key 'nam' in a distribution [unknown-key]
                   4 | distribution: {nam: debian, release: trixie}
                     |                ^~~
                  hint: did you mean 'name'?

                """)
    }
}
