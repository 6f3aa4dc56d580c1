import FoundationEssentials
import Synchronization
import Testing

@testable import FileTrees
@testable import HostSystem

@Suite struct ProbesKVMTests {
    let runner = CommandRunner(progress: .silent)

    @Test(arguments: [
        ("QEMU emulator version 10.0.2 (Debian 1:10.0.2+ds-2+deb13u1~bpo12+1)\nCopyright", QEMU.Version(10, 0, 2)),
        ("QEMU emulator version 7.2.19 (Debian 1:7.2+dfsg-7+deb12u16)", QEMU.Version(7, 2, 19)),
        ("QEMU emulator version 9.1", QEMU.Version(9, 1, 0)), ("qemu: not found", nil),
    ])
    func `QEMU's version is read`(text: String, version: QEMU.Version?) {
        #expect(QEMU.version(in: text) == version)
    }

    @Test func `QEMU 7 is refused where it has to emulate and accepted with KVM`() throws {
        let qemu = QEMU(executable: "qemu", version: .init(7, 2, 19))
        try qemu.require(for: .kvm)
        let error = #expect(throws: HostError.self) { try qemu.require(for: .tcg) }
        #expect(error?.hint?.contains("bookworm-backports") == true)
        #expect(throws: HostError.self) { try QEMU(executable: "qemu", version: .init(7, 0)).require(for: .kvm) }
        try QEMU(executable: "qemu", version: .init(10, 0)).require(for: .tcg)
    }

    @Test func `the proof guest runs under emulation and says so`() async throws {
        let folder = try TemporaryFolder()
        let qemu = try await QEMU.find(runner: runner)
        let verdict = try await KVMProof(runner: runner, qemu: qemu, scratch: folder.path).run(.tcg, limit: 60)
        #expect(verdict.works, "\(verdict.reason)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    @Test func `a guest that hangs is ended within the limit`() async throws {
        let folder = try TemporaryFolder()
        let hanging = try folder.script("#!/bin/sh\nexec sleep 600\n")
        let clock = ContinuousClock()
        let start = clock.now
        let qemu = QEMU(executable: hanging, version: .init(10, 0))
        let verdict = try await KVMProof(runner: runner, qemu: qemu, scratch: folder.path).run(.tcg, limit: 0.5)
        #expect(!verdict.works)
        #expect(verdict.reason.contains("hung"))
        // Other tests may hold all threads for seconds.
        #expect((clock.now - start).inSeconds < 100)
    }

    @Test func `a QEMU that aborts is named with its last line`() async throws {
        let folder = try TemporaryFolder()
        let aborting = try folder.script("#!/bin/sh\necho 'kvm.c:3849: Assertion failed.' >&2\nkill -ABRT $$\n")
        let qemu = QEMU(executable: aborting, version: .init(10, 0))
        let verdict = try await KVMProof(runner: runner, qemu: qemu, scratch: folder.path).run(.tcg, limit: 20)
        #expect(!verdict.works)
        #expect(verdict.reason == "QEMU was ended by signal 6 (kvm.c:3849: Assertion failed.)")
    }

    @Test func `KVM of this machine is judged within seconds, told once and remembered`() async throws {
        let folder = try TemporaryFolder()
        let memory = Recorder()
        let runner = CommandRunner(
            progress: ProgressSink { event in
                if case .message(.notice, let text) = event { memory.add(text) }
            })
        let qemu = try await QEMU.find(runner: runner)
        let proof = KVMProof(runner: runner, qemu: qemu, scratch: folder.path)
        let clock = ContinuousClock()
        let start = clock.now
        let first = try await proof.verdict(remembered: memory.facts)
        #expect((clock.now - start).inSeconds < 100)
        let second = try await proof.verdict(remembered: memory.facts)
        #expect(first == second)
        #expect(memory.messages.count == (first.works ? 0 : 1))
    }
}

/// Facts and messages of one test.
final class Recorder: Sendable {
    private let state = Mutex<(facts: [String: String], messages: [String])>(([:], []))

    var messages: [String] { state.withLock { $0.messages } }
    func add(_ message: String) { state.withLock { $0.messages.append(message) } }

    var facts: FactMemory {
        FactMemory(
            recall: { name in self.state.withLock { $0.facts[name] } },
            remember: { name, text in self.state.withLock { $0.facts[name] = text } })
    }
}

/// A folder of one test, removed with it.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/stonebake-probes-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes an executable file and returns its path.
    func script(_ text: String) throws -> String {
        let file = path + "/script-" + UUID().uuidString
        try Data(text.utf8).write(to: URL(filePath: file))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
        return file
    }
}
