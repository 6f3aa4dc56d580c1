import Foundation
import Testing

/// A build that fails: what stays of it, and the shell that `--debug-shell` opens in what it was doing.
@Suite(.serialized, .trimsStore) struct `A build with a broken script` {
    private static let good = "scripts: [{name: set up, run: 'echo half >/srv/half; echo fine'}]\n"
    private static let bad = """
        scripts:
        - name: set up
          run: |
            echo half >/srv/half
            echo "the database is down" >&2
            exit 7

        """

    /// The fixture's spec with scripts of its own.
    private func spec(_ scripts: String, in folder: TemporaryFolder) async throws -> URL {
        let ready = try await BuildFixture.shared.ready()
        let copy = folder.url.appendingPathComponent("Appliances/wsgi")
        if !FileManager.default.fileExists(atPath: copy.path) { _ = try ready.changedCopy(in: folder) }
        let original = ready.spec.appendingPathComponent("appliance.yaml")
        let text = try String(contentsOf: original, encoding: .utf8) + scripts
        try Data(text.utf8).write(to: copy.appendingPathComponent("appliance.yaml"))
        return copy
    }

    private func open(_ spec: URL, in folder: TemporaryFolder, _ more: String...) async throws -> TerminalSession {
        let store = try await BuildFixture.shared.ready().store
        return try TerminalSession(
            ["build", spec.path, "--locked", "--output", folder.url.appendingPathComponent("Images").path] + more,
            in: folder.url, environment: ["STONEBAKE_CACHE": store.path])
    }

    @Test func `keeps its good layers, and once the script is mended only what follows from it runs`() async throws {
        let ready = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        let images = folder.url.appendingPathComponent("Images")
        let failed = try ready.build(try await spec(Self.bad, in: folder), into: images, "--locked")
        #expect(failed.status == 1, "\(failed.error)")
        #expect(failed.error.contains("the script 'set up' failed"))
        #expect(Leftovers(store: ready.store).runs.isEmpty)

        let mended = try ready.build(try await spec(Self.good, in: folder), into: images, "--locked", "--explain")
        #expect(mended.status == 0, "\(mended.error)")
        for step in ["install the base system", "install the appliance's packages", "make the Python environment"] {
            #expect(mended.error.contains("✓ \(step) cached"), "\(mended.error)")
        }
        for step in ["configure the appliance", "assemble the disk"] {
            #expect(!mended.error.contains("✓ \(step) cached"), "\(mended.error)")
        }
    }

    @Test func `opens a shell where the script failed, with its terminal, environment and job control`() async throws {
        let ready = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        let terminal = try await open(try await spec(Self.bad, in: folder), in: folder, "--debug-shell", "--timings")
        #expect(try await terminal.shows("leave with exit.", seconds: 120), "\(terminal.text)")
        for text in [
            "The step 'configure the appliance' failed:", "the script 'set up' failed", "the database is down",
        ] {
            #expect(terminal.text.contains(text), "\(terminal.text)")
        }
        #expect(terminal.text.contains("To run it again, as it ran: /run/stonebake/repeat"))
        #expect(try await terminal.shows("(stonebake)root@", seconds: 20), "\(terminal.text)")
        #expect(!terminal.isRestored)

        terminal.type("echo \"<$(cat /srv/half)|$DEBIAN_FRONTEND|$(id -u)|$(ps -o tty= -p $$)>\"\r")
        #expect(try await terminal.shows("<half|noninteractive|0|pts/0", seconds: 20), "\(terminal.text)")
        terminal.type("/run/stonebake/repeat; echo \"repeated=$?\"\r")
        #expect(try await terminal.shows("repeated=7", seconds: 20), "\(terminal.text)")
        terminal.resize(rows: 41, columns: 133)
        terminal.type("sleep 0.5; echo \"size=$(stty size)\"\r")
        #expect(try await terminal.shows("size=41 133", seconds: 20), "\(terminal.text)")
        // Ctrl-C is the shell's: what it runs ends, and neither the shell nor the build does.
        terminal.type("sleep 300\r")
        try await Task.sleep(for: .milliseconds(500))
        terminal.type("\u{3}")
        terminal.type("echo \"interrupted=$?\"\r")
        #expect(try await terminal.shows("interrupted=130", seconds: 20), "\(terminal.text)")
        // Ctrl-Z too.
        terminal.type("sleep 301\r")
        try await Task.sleep(for: .milliseconds(500))
        terminal.type("\u{1A}")
        terminal.type("echo \"stopped=$(jobs | grep -c Stopped)\"; kill %1\r")
        #expect(try await terminal.shows("stopped=1", seconds: 20), "\(terminal.text)")
        terminal.type("touch /usr/bin/added; exit 5\r")

        #expect(try await terminal.status(within: 60) == 1, "\(terminal.text)")
        #expect(terminal.isRestored)
        #expect(terminal.text.contains("what was changed in it is thrown away"))
        // The failure itself comes last, as without a shell; and the timings have the shell's time.
        #expect(terminal.text.contains("error: the script 'set up' failed"))
        #expect(terminal.text.contains("the debug shell"))
        let page = folder.url.appendingPathComponent("Images/wsgi-1.0.0/timings.html")
        #expect(try String(contentsOf: page, encoding: .utf8).contains("the script set up"))
        let leftovers = Leftovers(store: ready.store)
        #expect(leftovers.runs.isEmpty && leftovers.mounts.isEmpty)
        #expect(leftovers.processesGone(within: 5), "\(leftovers.processes)")
    }

    @Test func `that is stopped while its shell is open ends, restores the terminal and leaves nothing`() async throws {
        let ready = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        let terminal = try await open(try await spec(Self.bad, in: folder), in: folder, "--debug-shell")
        #expect(try await terminal.shows("(stonebake)root@", seconds: 120), "\(terminal.text)")
        kill(terminal.pid, SIGTERM)
        #expect(try await terminal.status(within: 30) == SIGTERM, "\(terminal.text)")
        #expect(terminal.isRestored)
        let leftovers = Leftovers(store: ready.store)
        #expect(leftovers.runs.isEmpty)
        #expect(leftovers.processesGone(within: 5), "\(leftovers.processes)")
    }

    @Test func `opens a shell in the finished tree when its disk cannot be made`() async throws {
        let folder = try TemporaryFolder()
        let copy = try await spec("", in: folder)
        let file = copy.appendingPathComponent("appliance.yaml")
        let text = try String(contentsOf: file, encoding: .utf8)
        try Data(text.replacing("budget: 1500 MB", with: "size: 460 MB").utf8).write(to: file)
        let terminal = try await open(copy, in: folder, "--debug-shell")
        #expect(try await terminal.shows("(stonebake)root@", seconds: 180), "\(terminal.text)")
        #expect(terminal.text.contains("The step 'assemble the disk' failed:"))
        terminal.type(
            "echo \"<$(stat -c %U:%G:%a /usr/bin/ssh-agent)|$(test -x /opt/wsgi/venv/bin/python && echo venv)>\"\r")
        #expect(try await terminal.shows("<root:_ssh:2755|venv>", seconds: 20), "\(terminal.text)")
        terminal.type("exit\r")
        #expect(try await terminal.status(within: 60) == 1, "\(terminal.text)")
    }

    @Test func `of two that fail, opens one shell after the other`() async throws {
        let ready = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        let first = try await spec(Self.bad, in: folder)
        let second = first.deletingLastPathComponent().appendingPathComponent("second")
        try FileManager.default.copyItem(at: first, to: second)
        // Its lock is for the same packages, and for another name.
        for file in ["appliance.yaml", "appliance.lock"] {
            let url = second.appendingPathComponent(file)
            let text = try String(contentsOf: url, encoding: .utf8)
            try Data(
                text.replacing("name: wsgi\n", with: "name: second\n").replacing(
                    "\"name\": \"wsgi\"", with: "\"name\": \"second\""
                ).utf8
            ).write(to: url)
        }
        let terminal = try TerminalSession(
            ["build", first.path, second.path, "--locked", "--debug-shell", "--timings", "--output", "Images"],
            in: folder.url, environment: ["STONEBAKE_CACHE": ready.store.path])
        for number in 1...2 {
            #expect(try await terminal.shows("(stonebake)root@", times: number, seconds: 120), "\(terminal.text)")
            // While the first shell is open there is no second one.
            try await Task.sleep(for: .seconds(2))
            #expect(terminal.text.components(separatedBy: "leave with exit.").count - 1 == number, "\(terminal.text)")
            terminal.type("cat /srv/half; exit\r")
            #expect(try await terminal.shows("thrown away", times: number, seconds: 30), "\(terminal.text)")
        }
        #expect(try await terminal.status(within: 60) == 1, "\(terminal.text)")
        #expect(terminal.isRestored)
        for name in ["wsgi-1.0.0", "second-1.0.0"] {
            #expect(terminal.text.contains("\(name) was not built:"), "\(terminal.text)")
        }
        let timings = folder.url.appendingPathComponent("Images/timings.json")
        let text = try String(contentsOf: timings, encoding: .utf8)
        #expect(text.contains("\"appliance\" : \"wsgi-1.0.0\"") && text.contains("\"appliance\" : \"second-1.0.0\""))
    }

    @Test func `refuses --debug-shell at once where nobody can type`() async throws {
        let run = try StonebakeProcess.run("build", "Appliances/wsgi", "--debug-shell")
        #expect(run.status == 2)
        #expect(run.error.contains("--debug-shell needs a terminal, and standard input is none"))
    }
}
