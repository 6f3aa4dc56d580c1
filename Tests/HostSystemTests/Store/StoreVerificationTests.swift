import ContentDigest
import Foundation
import Testing

@testable import FileTrees
@testable import HostSystem

@Suite struct StoreVerificationTests {
    private func fresh(_ fixture: StoreFixture) throws -> ContentStore {
        try ContentStore(root: fixture.store.root, progress: fixture.log.sink)
    }

    @Test func `a flipped bit in a step's result is found at its next use, although size and times are as they were`()
        throws
    {
        let fixture = try StoreFixture()
        let entry = try fixture.commit("a", content: "right")
        try fixture.store.closeRun()
        #expect(try fresh(fixture).entry(entry.digest) != nil)
        try Damage.flipBit("\(entry.path)/file")
        let later = try fresh(fixture)
        #expect(try later.entry(entry.digest) == nil)
        #expect(fixture.log.messages.contains { $0.contains("is damaged; the step is done again") })
        let staging = try later.newStaging()
        try Files.write("right", to: "\(staging)/file")
        let again = try later.commit(staging: staging, as: entry.digest, record: fixture.record("a"))
        #expect(try Files.readText("\(again.path)/file") == "right")
        try later.closeRun()
        #expect(try fresh(fixture).entry(entry.digest) != nil)
    }

    /// CI systems keep stores as archives: every change time is another one then.
    @Test func `a store that was copied is as good as the first one, and its contents are compared once`() async throws
    {
        let fixture = try StoreFixture()
        let good = try fixture.commit("good")
        let bad = try fixture.commit("bad")
        try fixture.store.closeRun()
        let copy = "\(fixture.folder.path)/copy"
        try await CommandRunner(progress: .silent).check(
            Command("cp", ["-a", fixture.store.root, copy]), purpose: "copy")
        let relative = "entries/\(bad.digest.hex.prefix(2))/\(bad.digest.hex)/content/file"
        try Damage.flipBit("\(copy)/\(relative)")
        let stamp = "\(copy)/entries/\(good.digest.hex.prefix(2))/\(good.digest.hex)/stamp"
        let before = try Files.readText(stamp)
        let store = try ContentStore(root: copy)
        #expect(try store.entry(good.digest) != nil)
        #expect(try store.entry(bad.digest) == nil)
        let after = try Files.readText(stamp)
        #expect(before != after)
        #expect(try ContentStore(root: copy).entry(good.digest) != nil)
        #expect(try Files.readText(stamp) == after)
    }

    @Test func `verify finds what is damaged among downloads and results, removes that and nothing else`() throws {
        let fixture = try StoreFixture()
        let (wrong, wrongPath) = try fixture.store.addBlob(moving: fixture.file("wrong"), expecting: nil)
        let (right, _) = try fixture.store.addBlob(moving: fixture.file("right"), expecting: nil)
        let flipped = try fixture.commit("flipped")
        let cut = try fixture.commit("cut")
        let whole = try fixture.commit("whole")
        let bare = try fixture.commit("bare")
        try fixture.store.closeRun()
        try Damage.flipBit(wrongPath)
        try Damage.flipBit("\(flipped.path)/file")
        try Files.write("", to: "\(cut.path)/file")
        try Files.remove("\(Files.folder(of: bare.path))/record.json")
        let store = try fresh(fixture)
        let (looked, damaged) = try store.verify(cancelled: CancellationFlag())
        #expect(looked.count == 6)
        #expect(
            Set(damaged.map(\.reason)) == [
                "its SHA-256 is \(Digest.of("vrong").short)…",
                "the content of 'file' has changed", "a file was added, removed or changed", "its record is damaged",
            ])
        #expect(damaged.map(\.wasRemoved) == [true, true, true, true])
        try store.closeRun()
        #expect(try fresh(fixture).blob(wrong) == nil)
        #expect(try fresh(fixture).blob(right) != nil)
        #expect(try fresh(fixture).entry(flipped.digest) == nil)
        #expect(try fresh(fixture).entry(cut.digest) == nil)
        #expect(try fresh(fixture).entry(whole.digest) != nil)
        #expect(try fresh(fixture).verify(cancelled: CancellationFlag()).damaged.isEmpty)
        #expect(try Files.names(in: "\(store.root)/runs") == [])
    }

    @Test func `a bit that flipped under everybody's feet is found by verify alone`() throws {
        let fixture = try StoreFixture()
        let entry = try fixture.commit("a")
        try fixture.store.closeRun()
        try Damage.flipBit("\(entry.path)/file")
        // As if the disk had changed it: no change time tells.
        let folder = Files.folder(of: entry.path)
        try Files.write(TreeSeal.of(entry.path).stamp.hex, to: "\(folder)/stamp")
        #expect(try fresh(fixture).entry(entry.digest) != nil)
        let damaged = try fresh(fixture).verify(cancelled: CancellationFlag()).damaged
        #expect(damaged.map(\.reason) == ["the content of 'file' has changed"])
        #expect(try fresh(fixture).entry(entry.digest) == nil)
    }

    @Test func `looking at the store makes nothing in it younger`() throws {
        let fixture = try StoreFixture()
        let entry = try fixture.commit("a")
        let (_, path) = try fixture.store.addBlob(moving: fixture.file("abc"), expecting: nil)
        try fixture.store.closeRun()
        for path in [path, "\(Files.folder(of: entry.path))/record.json"] { fixture.setLastUse(path, 1000) }
        _ = try fresh(fixture).list()
        _ = try fresh(fixture).verify(cancelled: CancellationFlag())
        #expect(try fresh(fixture).list().map(\.lastUse) == [1000, 1000])
    }

    // MARK: Cleaning

    @Test func `what a run has taken into use stays, whenever it began to make something`() throws {
        let fixture = try StoreFixture()
        let entry = try fixture.commit("used")
        let (digest, path) = try fixture.store.addBlob(moving: fixture.file("abc"), expecting: nil)
        try fixture.store.closeRun()
        for path in [path, "\(Files.folder(of: entry.path))/record.json"] { fixture.setLastUse(path, 1000) }
        let worker = try Worker("use", fixture.store.root, entry.digest.hex, digest.hex)
        #expect(worker.line() == "used")
        let other = try fresh(fixture)
        #expect(try other.gc(maxSize: 0, olderThan: 0, now: Host.clock() + 100).isEmpty)
        worker.kill()
        #expect(try other.gc(maxSize: 0, olderThan: 0, now: Host.clock() + 100).count == 2)
        try other.closeRun()
    }

    @Test func `a store can be cleared, but for what is not its own, and not while another run uses it`() throws {
        let fixture = try StoreFixture()
        _ = try fixture.commit("a")
        _ = try fixture.store.addBlob(moving: fixture.file("abc"), expecting: nil)
        try fixture.store.closeRun()
        let worker = try Worker("lock", fixture.store.root, "x", "begin")
        #expect(worker.line() == "locked")
        let error = #expect(throws: HostError.self) { try fresh(fixture).clear() }
        #expect(error?.code == .busy)
        #expect(error?.message.contains("\(worker.process.processIdentifier)") == true)
        worker.kill()
        try Files.write("mine", to: "\(fixture.store.root)/notes.txt")
        _ = try fresh(fixture).clear()
        #expect(try Files.names(in: fixture.store.root) == ["notes.txt"])
        try Files.remove("\(fixture.store.root)/notes.txt")
        _ = try fresh(fixture).clear()
        #expect(!Files.exists(fixture.store.root))
    }

    @Test func `locks are remembered while they are where they were`() throws {
        let fixture = try StoreFixture()
        let path = "\(fixture.folder.path)/a b/appliance.lock"
        try Files.makeFolder(Files.folder(of: path))
        try Files.write("{}", to: path)
        fixture.store.remember(lock: path, naming: [Digest.of("1")])
        fixture.store.remember(lock: path, naming: [Digest.of("1"), Digest.of("2")])
        fixture.store.remember(lock: "\(fixture.folder.path)/gone.lock", naming: [Digest.of("3")])
        #expect(try fixture.store.knownLocks() == [.init(path: path, digests: [Digest.of("1"), Digest.of("2")])])
        #expect(try Files.names(in: "\(fixture.store.root)/known-locks").count == 1)
        try Files.remove(path)
        #expect(try fixture.store.knownLocks() == [])
    }

    /// One makes results and downloads, others clean, and all are killed at random moments.
    @Test func `a store that is cleaned and built from at once, and killed at any moment, is valid`() async throws {
        let fixture = try StoreFixture()
        for round in 0..<6 {
            let workers = try [
                Worker("store", fixture.store.root), Worker("clean", fixture.store.root),
                Worker("clean", fixture.store.root),
            ]
            for worker in workers { _ = worker.line() }
            try await Task.sleep(for: .milliseconds(40 * round + Int.random(in: 0..<60)))
            for worker in workers.shuffled() { worker.kill() }
            let store = try fresh(fixture)
            let (_, damaged) = try store.verify(cancelled: CancellationFlag())
            #expect(damaged.isEmpty, "\(damaged.map { "\($0.item.path): \($0.reason)" })")
            try store.closeRun()
            #expect(try Files.names(in: "\(store.root)/runs") == [])
            for item in try store.list() where item.kind == .entry {
                #expect(try store.entry(#require(item.digest)) != nil)
            }
        }
        #expect(fixture.log.messages == [])
    }
}
