import ContentDigest
import Foundation
import Testing

@testable import FileTrees
@testable import HostSystem

/// Several processes, some of which die.
@Suite struct StoreProcessTests {
    @Test func `a process killed at any moment leaves nothing half-written, and the next one goes on`() async throws {
        let fixture = try StoreFixture()
        for round in 0..<8 {
            let worker = try Worker("store", fixture.store.root)
            _ = worker.line()
            try await Task.sleep(for: .microseconds(7000 * round + 300))
            worker.kill()

            for item in try fixture.store.list() {
                switch item.kind {
                case .blob:
                    #expect(try Digest.of(Files.read(item.path)) == item.digest)
                case .entry:
                    let digest = try #require(item.digest)
                    let entry = try #require(try fixture.store.entry(digest), "\(item.path)")
                    #expect(try Files.names(in: "\(entry.path)/sub").count == 5)
                case .partial: Issue.record("a partial download out of nowhere")
                }
            }
            try fixture.store.sweepDeadRuns()
            #expect(try Files.names(in: "\(fixture.store.root)/runs") == [])
        }
        #expect(fixture.log.messages == [])
        #expect(try fixture.store.list().count >= 4)
    }

    @Test func `a dead run's folders are swept, a living one's stay`() async throws {
        let fixture = try StoreFixture()
        let dead = try Worker("stage", fixture.store.root)
        let left = try [#require(dead.line()), #require(dead.line())]
        let alive = try Worker("stage", fixture.store.root)
        let kept = try [#require(alive.line()), #require(alive.line())]
        dead.kill()
        #expect(left.allSatisfy { Files.exists("\($0)/file") })
        try fixture.store.sweepDeadRuns()
        #expect(left.allSatisfy { !Files.exists($0) })
        #expect(kept.allSatisfy { Files.exists("\($0)/file") })
        #expect(try Files.names(in: "\(fixture.store.root)/runs").count == 2)
        alive.kill()
        try fixture.store.sweepDeadRuns()
        #expect(try Files.names(in: "\(fixture.store.root)/runs") == [])
    }

    @Test func `a run that ends removes what it made`() async throws {
        let fixture = try StoreFixture()
        let host = try Host(testing: fixture.store.root)
        #expect(try Files.names(in: "\(fixture.store.root)/runs") == [])
        let folder = try host.scratch.newFolder()
        try Files.write("x", to: "\(folder)/file")
        try await host.close()
        #expect(try Files.names(in: "\(fixture.store.root)/runs") == [])
    }

    @Test func `a lock is waited for, telling for whom, and goes with the process that has it`() async throws {
        let fixture = try StoreFixture()
        let worker = try Worker("lock", fixture.store.root, "wsgi")
        #expect(worker.line() == "locked")
        let store = fixture.store
        let task = Task { try await store.withLock("wsgi") { "mine" } }
        #expect(try await eventually { !fixture.log.messages.isEmpty })
        let pid = worker.process.processIdentifier
        #expect(fixture.log.messages == ["waiting for another build (pid \(pid)), which has 'wsgi'"])
        worker.kill()
        #expect(try await task.value == "mine")
        #expect(try Files.names(in: "\(store.root)/locks") == [])
    }

    @Test func `waiting for a lock ends when it is cancelled`() async throws {
        let fixture = try StoreFixture()
        let worker = try Worker("lock", fixture.store.root, "wsgi")
        #expect(worker.line() == "locked")
        let store = fixture.store
        let task = Task { try await store.withLock("wsgi") { Issue.record("got a lock that another has") } }
        try await Task.sleep(for: .milliseconds(100))
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        worker.kill()
    }

    @Test func `only one at a time has a lock, within a process too`() async throws {
        let fixture = try StoreFixture()
        let store = fixture.store
        let file = "\(fixture.folder.path)/inside"
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<6 {
                group.addTask {
                    try await store.withLock("one") {
                        #expect(!Files.exists(file))
                        try Files.write("", to: file)
                        try await Task.sleep(for: .milliseconds(5))
                        try Files.remove(file)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func `two builds of the same step at once end with one result`() async throws {
        let fixture = try StoreFixture()
        let workers = try (0..<4).map { try Worker("commit", fixture.store.root, "same", "text \($0)") }
        let results = Set(workers.map { $0.line() ?? "nothing" })
        for worker in workers { worker.process.waitUntilExit() }
        #expect(results.count == 1, "\(results)")
        #expect(try fixture.store.list().count == 1)
        #expect(try Files.names(in: "\(fixture.store.root)/runs") == [])
    }

    @Test func `a download that was killed goes on where it was`() async throws {
        let fixture = try StoreFixture()
        let mirror = try Mirror()
        let size = 300_000
        let digest = Digest.of(Mirror.content(size))
        let url = mirror.url("stall-once/\(size)")
        let worker = try Worker("fetch", fixture.store.root, url, digest.hex, "\(size)")
        let part = "\(fixture.store.root)/partial"
        #expect(
            try await eventually {
                try Files.names(in: part).contains { try Files.identity("\(part)/\($0)")?.size == Int64(size / 2) }
            })
        worker.kill()
        #expect(try fixture.store.blob(digest) == nil)
        let again = try Worker("fetch", fixture.store.root, url, digest.hex, "\(size)")
        #expect(again.line() == fixture.store.blobPath(digest))
        #expect(try await mirror.requests().last == "GET /stall-once/\(size) bytes=\(size / 2)- \"v1\"")
    }
}
