import HostSystem
import Testing

@testable import FileTrees
@testable import RootfsAssembly
@testable import SandboxInside

/// Python's byte code, compiled beside the scripts that ask for it.
@Suite(.serialized) struct ByteCodeTests {
    private let modules = "usr/lib/python3/dist-packages"

    /// A package with one module, and what its postinst does.
    private func package(_ name: String, in shop: Workshop, module: String, postinst: String) async throws -> String {
        try await shop.package(
            "Package: \(name)\n",
            "mkdir -p $ROOT/\(modules)\nprintf '%s\\n' \(Command.quoted(module)) >$ROOT/\(modules)/\(name).py\n"
                + script("postinst", postinst))
    }

    @Test func `what a script will ask for is compiled before it does, and what it then does not ask for is removed`()
        async throws
    {
        let finished = try await FinishedTree.shared.value
        let shop = try Workshop()
        // Waits for what nobody has asked for yet: only who reads the scripts can have compiled it.
        let early = """
            for turn in $(seq 200); do
                ls /\(modules)/__pycache__/asks.*.pyc /\(modules)/__pycache__/never.*.pyc >/dev/null 2>&1 && break
                sleep 0.1
            done
            ls /\(modules)/__pycache__ | grep -e asks -e never >/etc/seen
            py3compile -p asks
            """
        let asks = try await package(
            "asks", in: shop, module: "words = ('a b', 'c'), {'d', 'e', 'f'}", postinst: early)
        let never = try await package(
            "never", in: shop, module: "pass", postinst: "if [ -e /no-such ]; then\n\tpy3compile -p never\nfi")
        let late = try await package(
            "late", in: shop, module: "print('late')", postinst: "set -- -p late; py3compile \"$@\"")
        let layers = try await InstallTests().install([asks, never, late], on: finished.layers)
        let report = try await finished.assembler.sandbox.run(
            SandboxJob(
                layers: layers.folders, upper: try finished.host.scratch.newFolder("upper"),
                command: Command(
                    "/bin/sh",
                    [
                        "-ec",
                        """
                        sed 's/[.].*//' /etc/seen | sort | tr '\\n' ' '; cd /\(modules)
                        echo; for name in asks never late; do ls __pycache__/$name.* 2>/dev/null || :; done
                        sha256sum <__pycache__/asks.cpython-313.pyc
                        rm __pycache__/asks.*; export SOURCE_DATE_EPOCH=1; echo /\(modules)/asks.py | python3 -m py_compile -
                        sha256sum <__pycache__/asks.cpython-313.pyc
                        """,
                    ]
                ).with { $0.output = .capture(limit: 1 << 20) })
        ).text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(report[0] == "asks never ", "both were there before one was asked for")
        #expect(report[1] == "__pycache__/asks.cpython-313.pyc", "\(report)")
        #expect(report[2] == "__pycache__/late.cpython-313.pyc", "\(report)")
        #expect(report[3] == report[4], "the same bytes as Python's own")
    }

    @Test func `a module that is no Python fails the layer, with its place`() async throws {
        let finished = try await FinishedTree.shared.value
        let shop = try Workshop()
        let bad = try await package("bad", in: shop, module: "def f(:", postinst: "py3compile -p bad")
        let error = await #expect(throws: HostError.self) {
            try await InstallTests().install([bad], on: finished.layers)
        }
        #expect(error?.message.hasPrefix("cannot make byte code") == true, "\(error?.message ?? "")")
        let notes = error?.notes.joined(separator: "\n") ?? ""
        #expect(notes.contains("File \"/\(modules)/bad.py\", line 1"), "\(notes)")
        #expect(notes.contains("py3compile -p bad ended with 1"), "\(notes)")
    }

    @Test func `a package's files are listed as dpkg does, or not at all where some are diverted`() async throws {
        let finished = try await FinishedTree.shared.value
        let report = try await finished.run(
            """
            cat >/tmp/list.py <<'END'
            \(ByteCode.recorded)
            import subprocess
            def output(*command): return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
            packages = output("dpkg-query", "-W", "-f", "${binary:Package}\\n").decode().split()
            texts = {package: recorded(package) for package in packages}
            for package, text in texts.items():
                if text is not None and text != output("dpkg", "-L", package): print("differs:", package)
            print(len(packages), sum(text is not None for text in texts.values()), recorded("libc6"), recorded("no-such"))
            print(texts["coreutils"] is None)
            END
            dpkg-divert --quiet --local --no-rename --divert /usr/bin/ls.real --add /usr/bin/ls
            python3 /tmp/list.py
            """
        ).text.split(separator: "\n")
        let words = try #require(report.first).split(separator: " ")
        let (all, listed) = (try #require(Int(words[0])), try #require(Int(words[1])))
        #expect(listed < all && listed > all * 9 / 10, "\(report)")
        #expect(words.suffix(2) == ["None", "None"] && report.count == 2 && report[1] == "True", "\(report)")
    }
}
