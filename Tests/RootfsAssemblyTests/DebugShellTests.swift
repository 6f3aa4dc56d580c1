import Glibc
import Synchronization
import Testing

@testable import FileTrees
@testable import HostSystem
@testable import RootfsAssembly

/// A shell in the root of a step whose packages broke.
extension InstallTests {
    @Test func `a shell opens in the root of a package that broke, and in one that has no shell yet`() async throws {
        let finished = try await FinishedTree.shared.value
        let person = try Person()
        let pauses = Mutex<[Bool]>([])
        let shell = DebugShell(
            terminal: try #require(PersonTerminal(input: person.far)), environment: ["TERM": "dumb"]
        ) { isPaused in
            pauses.withLock { $0.append(isPaused) }
        }
        let host = try Host(testing: finished.host.store.root) { $0.debugShell = shell }
        let assembler = RootfsAssembler(host: host)
        let shop = try Workshop()

        let broken = try await shop.package("Package: breaks\n", script("postinst", "echo 'out of luck' >&2; exit 7"))
        let failure = Task { try await install([broken], on: finished.layers, by: assembler) }
        #expect(try await person.sees("out of luck", "dpkg --force", "/run/stonebake/repeat", "(stonebake)"))
        person.types(
            "dpkg-query -W -f '<${Package} ${db:Status-Status}>' breaks; /run/stonebake/repeat | tail -n 1; exit\r")
        #expect(try await person.sees("<breaks half-configured>", "Errors were encountered", "thrown away"))
        await #expect(throws: HostError.self) { try await failure.value }

        // Its preinst: dpkg's own folder for it is as the script found it.
        let early = try await shop.package("Package: early\n", script("preinst", "echo no room; exit 3"))
        let second = Task { try await install([early], on: finished.layers, by: assembler) }
        #expect(try await person.sees("its preinst script ended with status 3", "(stonebake)"))
        person.types("tail -n 1 /var/lib/dpkg/tmp.ci/preinst; exit\r")
        #expect(try await person.sees("echo no room; exit 3", "thrown away"))
        await #expect(throws: HostError.self) { try await second.value }

        // Nothing but the links of a new root: the first package is cut off.
        let damaged = "\(shop.path)/damaged.deb"
        _ = try await shop.shell("head -c 300 \(broken) >\(damaged); dpkg-deb --info \(broken) >/dev/null")
        let work = "\(try host.scratch.newFolder("empty"))/tree"
        try Files.makeFolder(work)
        await #expect(throws: HostError.self) {
            try await assembler.unpack([damaged], into: work, on: RootLayers([]), database: false, timestamp: 0)
        }
        let third = Task {
            await shell.open(after: HostError(.archive, "no package"), step: "unpack", staging: work, host: host)
        }
        #expect(try await person.sees("The root has no shell yet", "leave with exit"))
        person.types("test -d \"$STONEBAKE_ROOT\" && echo \"<$(cd $STONEBAKE_ROOT && echo *)>\"; exit\r")
        #expect(try await person.sees("<bin lib lib64 sbin usr>", "thrown away"))
        await third.value

        #expect(pauses.withLock { $0 } == [true, false, true, false, true, false])
        try await host.close()
    }
}

/// Somebody at a terminal.
private final class Person: Sendable {
    let far: Int32
    private let near: Int32
    private let seen = Mutex<[UInt8]>([])

    init() throws {
        var (near, far): (Int32, Int32) = (-1, -1)
        try #require(openpty(&near, &far, nil, nil, nil) == 0)
        (self.near, self.far) = (near, far)
        _ = fcntl(near, F_SETFL, fcntl(near, F_GETFL) | O_NONBLOCK)
    }

    deinit {
        close(near)
        close(far)
    }

    func types(_ text: String) {
        let bytes = Array(text.utf8)
        _ = write(near, bytes, bytes.count)
    }

    /// Waits for the texts in their order, each behind the one before.
    func sees(_ texts: String...) async throws -> Bool {
        let end = ContinuousClock().now + .seconds(90)
        for text in texts {
            while !take(through: Array(text.utf8)) {
                guard ContinuousClock().now < end else {
                    Issue.record("not seen: \(text)\n\(String(decoding: seen.withLock { $0 }, as: UTF8.self))")
                    return false
                }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        return true
    }

    /// Takes what was shown up to the end of the text, when it was shown.
    private func take(through text: [UInt8]) -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65536)
        let count = read(near, &chunk, chunk.count)
        return seen.withLock { seen in
            if count > 0 { seen += chunk[..<count] }
            guard let found = seen.firstRange(of: text) else { return false }
            seen.removeSubrange(..<found.upperBound)
            return true
        }
    }
}
