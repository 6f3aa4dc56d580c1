import Diagnostics
import Testing

@testable import ApplianceSpec

struct WSGITests {
    private let files = ["hello/hello.py": "app = None\n", "requirements.txt": "flask>=3\n", "static/a.css": ""]

    private func compiled(_ wsgi: String, _ more: String = "") throws -> Appliance {
        try appliance(
            minimal("application:\n  wsgi: {module: 'hello:app', source: hello\(wsgi)}\n\(more)"), files: files)
    }

    private func text(_ path: String, in appliance: Appliance) throws -> String {
        guard case .text(let text) = try #require(appliance.files.first { $0.path.value == path }).content else {
            return ""
        }
        return text
    }

    @Test func `the expansion is packages, a system user, units, an environment and checks`() throws {
        let wsgi = try compiled("")
        #expect(wsgi.packages.install.map(\.value) == ["nginx-light", "python3"])
        #expect(wsgi.users.map(\.name.value) == ["wsgi"])
        #expect(wsgi.users.first?.isSystem == true)
        #expect(wsgi.services.enable.map(\.value) == ["wsgi.socket", "nginx.service"])
        #expect(wsgi.ports == [80, 22])
        #expect(wsgi.python?.path == "/opt/wsgi/venv")
        #expect(wsgi.python?.requirements.text == "gunicorn>=23\n")
        #expect(wsgi.checks.first?.name == "the application answers")
        let removed = wsgi.files.filter { if case .absent = $0.content { true } else { false } }
        #expect(removed.map(\.path.value) == ["/etc/nginx/sites-enabled/default"])
    }

    @Test func `workers are counted at start, or given`() throws {
        let path = "/etc/wsgi/gunicorn.conf.py"
        #expect(try text(path, in: compiled("")).contains("workers = 2 * len(os.sched_getaffinity(0)) + 1\n"))
        #expect(try text(path, in: compiled(", workers: auto")).contains("os.sched_getaffinity"))
        let fixed = try text(path, in: compiled(", workers: 3"))
        #expect(fixed.contains("workers = 3\n"))
        #expect(!fixed.contains("import os"))
    }

    @Test func `the environment keeps quotes, dollars and line ends`() throws {
        let wsgi = try compiled(#", environment: {B: 'a "b" $c \d `e`', A: "x\ny"}"#)
        let lines = try text("/etc/wsgi/environment", in: wsgi).split(separator: "\n").dropFirst().joined(
            separator: "\n")
        #expect(lines == #"A="x"# + "\n" + #"y""# + "\n" + #"B="a \"b\" \$c \\d \`e\`""#)
        #expect(wsgi.files.first { $0.path.value == "/etc/wsgi/environment" }?.mode == 0o600)
    }

    @Test func `nginx listens where the spec says, and answers /healthz with the application's health path`() throws {
        let wsgi = try compiled(", listen: 8080, health: '/up?full=1', static: {source: static, url: /assets/}")
        let site = try text("/etc/nginx/sites-available/wsgi", in: wsgi)
        #expect(site.contains("listen 8080 default_server;"))
        #expect(site.contains("listen [::]:8080 default_server;"))
        #expect(site.contains(#"proxy_pass "http://wsgi/up?full=1";"#))
        #expect(site.contains("location /assets/ {"))
        #expect(wsgi.application?.port == 8080)
        guard case .http(let check) = wsgi.checks[0].kind else {
            Issue.record("\(wsgi.checks[0])")
            return
        }
        #expect((check.port, check.path) == (8080, "/healthz"))
    }

    @Test func `a percent sign in the summary is not a specifier of systemd`() throws {
        let wsgi = try compiled("", "summary: 100% Python\n")
        #expect(
            try text("/etc/systemd/system/wsgi.service", in: wsgi).contains("Description=100%% Python (Gunicorn)\n"))
    }

    @Test func `the spec's own file wins over the application's`() throws {
        let wsgi = try compiled("", "files:\n- {path: /etc/nginx/sites-available/wsgi, content: mine}\n")
        let entries = wsgi.files.filter { $0.path.value == "/etc/nginx/sites-available/wsgi" }
        #expect(entries.count == 1)
        #expect(try text("/etc/nginx/sites-available/wsgi", in: wsgi) == "mine")
    }

    @Test func `a package of the application may be asked for in a version, and not be removed`() throws {
        let pinned = try compiled("", "packages: {install: [nginx-light=1.26.3-3]}\n")
        #expect(pinned.packages.install.map(\.value) == ["python3", "nginx-light=1.26.3-3"])
        let removed = try terminalText(
            minimal("application:\n  wsgi: {module: 'hello:app', source: hello}\npackages: {remove: [python3]}\n"),
            files: files)
        #expect(
            removed == """
                a.yaml:7:21: error: 'python3' is removed, and the application needs it [conflicting-packages]
                   7 | packages: {remove: [python3]}
                     |                     ^~~~~~~
                  note: a.yaml:6:3: the application is here

                """)
    }

    @Test func `a service of the application must not be masked`() throws {
        let masked = try terminalText(
            minimal("application:\n  wsgi: {module: 'hello:app', source: hello}\nservices: {mask: [nginx.service]}\n"),
            files: files)
        #expect(
            masked.contains("a.yaml:7:19: error: 'nginx.service' is both enabled and masked [conflicting-services]"))
    }

    @Test func `a secret in the environment is warned of`() throws {
        let workspace = try Workspace(
            files.merging([
                "a.yaml": minimal(
                    "application:\n  wsgi: {module: 'hello:app', source: hello, environment: {SECRET_KEY: x, DEBUG: ''}}\n"
                )
            ]) { $1 })
        #expect(
            workspace.compile().report.rendered(as: .text) == """
                a.yaml:6:60: warning: 'SECRET_KEY' would be readable in every copy of the image [secret-in-image]
                   6 |   wsgi: {module: 'hello:app', source: hello, environment: {SECRET_KEY: x, DEBUG: ''}}
                     |                                                            ^~~~~~~~~~
                  hint: give it at first boot: cloud-init writes /etc/wsgi/secrets, which the application reads

                """)
    }

    @Test func `a module that does not mention the callable is warned of`() throws {
        let workspace = try Workspace(
            files.merging([
                "a.yaml": minimal("application: {wsgi: {module: 'hello:application', source: hello}}\n")
            ]) { $1 })
        #expect(workspace.compile().report.sorted.map(\.code) == ["callable-not-found"])
    }

    @Test func `what plan --expand shows`() throws {
        let text = expansionText(
            try compiled(", requirements: requirements.txt", "scripts: [{name: greet, run: 'true'}]\n"))
        #expect(
            text.hasPrefix(
                """
                a 1.0.0
                  a
                  debian trixie, amd64

                packages
                  nginx-light  (a.yaml:6)
                  python3  (a.yaml:6)

                python environment /opt/wsgi/venv
                  flask>=3
                  gunicorn>=23

                users
                  wsgi, system user, home /var/lib/wsgi, shell /usr/sbin/nologin

                services
                  enable wsgi.socket
                  enable nginx.service

                file /opt/wsgi (folder)

                file /opt/wsgi/app from hello

                """))
        #expect(text.contains("\nfile /etc/wsgi/environment 0600\n  | # The application's environment, from the spec."))
        #expect(
            text.hasSuffix(
                """
                scripts
                  greet  (a.yaml:7)

                checks
                  the application answers: GET port 80 /healthz -> 200, 120 s
                  nginx.service is active: nginx.service active, 60 s
                  wsgi.socket is active: wsgi.socket active, 60 s
                  wsgi.service is active: wsgi.service active, 60 s
                  no unit has failed: systemctl --failed is empty, 60 s

                targets
                  qcow2

                """))
    }
}

struct RequirementsTests {
    private func check(_ text: String) -> Requirements {
        Requirements(SourceFile(path: "requirements.txt", text: text))
    }

    @Test(arguments: [
        "flask", "flask>=3.1,<4", "Flask==3.1.*", "flask [async] ~= 3.1 ; python_version >= '3.11'", "a.b_c-d!=1",
        "flask==3.1.3 \\\n    --hash=sha256:00\ngunicorn==23.0 --hash=sha256:11", "# nothing\n\n", "flask # why",
        "--only-binary :all:\nflask", "flask(>=3)", "zope.interface===1.0+local",
    ])
    func `names with versions, extras, markers and hashes are accepted`(text: String) {
        #expect(check(text).report.rendered(as: .text) == "")
    }

    @Test(arguments: [
        ("-e .", "1:1"), ("flask\n  --editable ./x", "2:3"), ("git+https://example.org/x.git", "1:1"),
        ("x @ https://example.org/x.whl", "1:1"), ("https://example.org/x.whl", "1:1"), ("./x", "1:1"),
        ("/srv/x.whl", "1:1"),
        ("x-1.0-py3-none-any.whl", "1:1"), ("-r other.txt", "1:1"), ("-c limits.txt", "1:1"),
        ("--index-url https://x", "1:1"),
        ("--extra-index-url=https://x", "1:1"), ("--no-binary :all:", "1:1"), ("flask >> 3", "1:1"), ("flask=3", "1:1"),
        ("flask==", "1:1"), ("# a\n\nflask, django", "3:1"), ("flask --global-option x", "1:1"),
        ("x==1 --hash=sha256:00", "1:1"),
    ])
    func `what cannot be locked as a wheel is refused at its place`(text: String, place: String) {
        let diagnostics = check(text).report.sorted
        #expect(diagnostics.map(\.code) == ["bad-requirement"])
        #expect(diagnostics.first?.range?.description == "requirements.txt:\(place)")
    }

    @Test func `Gunicorn is added unless it is named`() {
        #expect(check("flask").complete.text == "flask\ngunicorn>=23\n")
        #expect(check("Gunicorn[gevent]==23.0\n").complete.text == "Gunicorn[gevent]==23.0\n")
    }

    @Test func `an error in the requirements is shown in the requirements`() throws {
        let text = try terminalText(
            minimal("application: {wsgi: {module: 'hello:app', source: hello, requirements: requirements.txt}}\n"),
            files: ["hello/hello.py": "app = None\n", "requirements.txt": "flask\n-e ../lib\n"])
        #expect(
            text == """
                requirements.txt:2:1: error: editable requirements cannot be locked [bad-requirement]
                   2 | -e ../lib
                     | ^~~~~~~~~
                  hint: put the code into the application's source folder

                """)
    }
}

struct SourceTreeTests {
    @Test func `a tree is sorted, and without what tools leave lying about`() async throws {
        let workspace = try Workspace([
            "t/b.py": "", "t/a/c.txt": "", "t/__pycache__/b.pyc": "", "t/.git/HEAD": "", "t/x.pyc": "", "t/.env": "",
            "t/n~": "",
        ])
        #expect(
            try await run("sh", "-c", "chmod +x \(workspace.path)/t/b.py && ln -s b.py \(workspace.path)/t/l").0 == 0)
        let entries = try SourceTree.entries(of: workspace.path + "/t")
        #expect(entries.map(\.path) == [".", ".env", "a", "a/c.txt", "b.py", "l"])
        #expect(entries[4].kind == .file(isExecutable: true))
        #expect(entries[3].kind == .file(isExecutable: false))
        #expect(entries[5].kind == .symlink(target: "b.py"))
    }

    @Test func `a single file is a tree of one entry`() throws {
        let workspace = try Workspace(["f": ""])
        #expect(
            try SourceTree.entries(of: workspace.path + "/f") == [.init(path: ".", kind: .file(isExecutable: false))])
    }

    @Test func `a FIFO and a folder that is not there are errors`() async throws {
        let workspace = try Workspace(["t/x": ""])
        #expect(try await run("mkfifo", workspace.path + "/t/pipe").0 == 0)
        #expect(throws: SpecError.self) { try SourceTree.entries(of: workspace.path + "/t") }
        #expect(throws: SpecError.self) { try SourceTree.entries(of: workspace.path + "/nowhere") }
    }

    @Test func `every host folder and file that goes into the image is known`() throws {
        let workspace = try Workspace(Everything.files.merging(["a.yaml": Everything.spec]) { $1 })
        let shop = try #require(workspace.compile().appliance)
        let names = shop.hostSources.map { String($0.dropFirst(workspace.path.count + 1)) }
        #expect(names == ["app", "motd", "site.pp", "static"])
    }
}

struct SourceProblemTests {
    @Test func `a source folder with something that cannot be copied is reported at its line`() async throws {
        let workspace = try Workspace(["a.yaml": minimal("files: [{path: /srv/x, source: t}]\n"), "t/x": ""])
        #expect(try await run("mkfifo", workspace.path + "/t/pipe").0 == 0)
        let diagnostics = workspace.compile().report.sorted
        #expect(diagnostics.map(\.code) == ["unsupported-file"])
        #expect(diagnostics.first?.range?.description == "a.yaml:5:32")
    }

    @Test(.timeLimit(.minutes(1))) func `no rule takes long with a long text, and a long content is accepted`() throws {
        let content = String(repeating: "a/.- :=@\\\"", count: 100_000)
        let text = "files: [{path: /etc/x, content: '\(content)'}]\nusers: [{name: ada, ssh-keys: ['\(content)']}]\n"
        let report = try Workspace(["a.yaml": minimal(text + "hostname: '\(content)'\n")]).compile().report
        #expect(report.sorted.map(\.code) == ["bad-ssh-public-key", "bad-host-name"])
    }
}
