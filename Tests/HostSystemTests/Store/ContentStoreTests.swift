import ContentDigest
import Foundation
import Testing

@testable import FileTrees
@testable import HostSystem

struct StoreFixture {
    let folder: TemporaryFolder
    let log = EventLog()
    let store: ContentStore

    init() throws {
        folder = try TemporaryFolder()
        store = try ContentStore(root: "\(folder.path)/cache", progress: log.sink)
    }

    func file(_ text: String) throws -> String {
        let path = "\(folder.path)/cache/file-\(UUID().uuidString)"
        try Files.write(text, to: path)
        return path
    }

    func inputs(_ text: String) -> StepInputs {
        var inputs = StepInputs()
        inputs.add("text", text: text)
        return inputs
    }

    func record(_ text: String, kind: String = "packages", name: String = "wsgi") -> StepRecord {
        StepRecord(kind: kind, name: name, inputs: inputs(text), createdAt: 7, seconds: 1.5, facts: ["size": "12"])
    }

    /// Commits a folder with one file.
    func commit(_ text: String, content: String = "content") throws -> StoreEntry {
        let staging = try store.newStaging()
        try Files.write(content, to: "\(staging)/file")
        return try store.commit(staging: staging, as: inputs(text).digest, record: record(text))
    }

    func setLastUse(_ path: String, _ seconds: Int) {
        var times = [timespec(tv_sec: seconds, tv_nsec: 0), timespec(tv_sec: seconds, tv_nsec: 0)]
        utimensat(AT_FDCWD, path, &times, 0)
    }
}

@Suite struct ContentStoreTests {
    @Test func `a blob is found by its digest, read-only, and moves into the store`() throws {
        let fixture = try StoreFixture()
        let file = try fixture.file("abc")
        let (digest, path) = try fixture.store.addBlob(moving: file, expecting: nil)
        #expect(digest.hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(path == "\(fixture.store.root)/blobs/sha256/ba/\(digest.hex)")
        #expect(try fixture.store.blob(digest) == path)
        #expect(!Files.exists(file))
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o444)
        #expect(try fixture.store.blob(Digest.of("other")) == nil)
    }

    @Test func `a blob that is not what was expected does not enter`() throws {
        let fixture = try StoreFixture()
        let file = try fixture.file("abc")
        let error = #expect(throws: HostError.self) {
            try fixture.store.addBlob(moving: file, expecting: Digest.of("xyz"))
        }
        #expect(error?.code == .digestMismatch)
        #expect(Files.exists(file))
        #expect(try Files.names(in: "\(fixture.store.root)/blobs/sha256") == [])
    }

    @Test(arguments: ["abd", "", "abcabc"])
    func `a blob that was changed on disk is removed with a warning`(content: String) throws {
        let fixture = try StoreFixture()
        let (digest, path) = try fixture.store.addBlob(moving: fixture.file("abc"), expecting: nil)
        chmod(path, 0o644)
        let handle = try #require(FileHandle(forUpdatingAtPath: path))
        try handle.truncate(atOffset: 0)
        try handle.write(contentsOf: Data(content.utf8))
        try handle.close()
        #expect(try fixture.store.blob(digest) == nil)
        #expect(!Files.exists(path))
        #expect(fixture.log.messages.count == 1)
        #expect(fixture.log.messages[0].contains("'\(path)' is corrupted"))
    }

    @Test func `another process' blob is hashed at its first use, and not again until it changes`() throws {
        let fixture = try StoreFixture()
        let (digest, path) = try fixture.store.addBlob(moving: fixture.file("abc"), expecting: nil)
        let fresh = try ContentStore(root: fixture.store.root, progress: fixture.log.sink)
        #expect(try fresh.blob(digest) == path)
        // Same size and time, other bytes: only hashing could tell, and it has been done.
        let before = try #require(try Files.identity(path))
        chmod(path, 0o644)
        let handle = try #require(FileHandle(forUpdatingAtPath: path))
        try handle.write(contentsOf: Data("xyz".utf8))
        try handle.close()
        var times = [timespec(), timespec()]
        for index in times.indices {
            times[index].tv_sec = Int(before.modified / 1_000_000_000)
            times[index].tv_nsec = Int(before.modified % 1_000_000_000)
        }
        utimensat(AT_FDCWD, path, &times, 0)
        #expect(try fresh.blob(digest) == path)
        #expect(try ContentStore(root: fixture.store.root).blob(digest) == nil)
    }

    @Test func `a step's result is complete or absent`() throws {
        let fixture = try StoreFixture()
        let digest = fixture.inputs("a").digest
        #expect(try fixture.store.entry(digest) == nil)
        let made = try fixture.commit("a")
        let entry = try #require(try fixture.store.entry(digest))
        #expect(entry.path == made.path)
        #expect(entry.record == fixture.record("a"))
        #expect(try Files.readText("\(entry.path)/file") == "content")
    }

    @Test func `the second one to commit a step gets the first one's result, and its own is removed`() throws {
        let fixture = try StoreFixture()
        let other = try ContentStore(root: fixture.store.root)
        let mine = try fixture.store.newStaging()
        try Files.write("mine", to: "\(mine)/file")
        let theirs = try other.newStaging()
        try Files.write("theirs", to: "\(theirs)/file")
        let digest = fixture.inputs("a").digest
        _ = try other.commit(staging: theirs, as: digest, record: fixture.record("a"))
        let entry = try fixture.store.commit(staging: mine, as: digest, record: fixture.record("a"))
        #expect(try Files.readText("\(entry.path)/file") == "theirs")
        #expect(!Files.exists(mine))
    }

    @Test(arguments: ["", "{}", "not JSON"])
    func `an entry whose record is damaged counts as absent, and is replaced`(text: String) throws {
        let fixture = try StoreFixture()
        let entry = try fixture.commit("a", content: "old")
        try Files.write(text, to: "\(Files.folder(of: entry.path))/record.json")
        #expect(try fixture.store.entry(entry.digest) == nil)
        #expect(fixture.log.messages.first?.contains("is damaged; the step is done again") == true)
        let again = try fixture.commit("a", content: "new")
        #expect(try Files.readText("\(again.path)/file") == "new")
        #expect(try fixture.store.entry(entry.digest)?.record == fixture.record("a"))
    }

    /// What may happen to a kept tree behind our back.
    @Test(arguments: [
        "rm file", "echo more >>file", "touch -d 2001-01-01 file", "touch new", "chmod 600 file", "ln -sf x file",
        "rm -r ../content", "mv file other",
    ])
    func `an entry whose tree is not as it was made counts as absent, and is replaced`(damage: String) async throws {
        let fixture = try StoreFixture()
        let entry = try fixture.commit("a", content: "old")
        let fresh = try ContentStore(root: fixture.store.root, progress: fixture.log.sink)
        #expect(try fresh.entry(entry.digest) != nil)
        try await CommandRunner(progress: .silent).check(
            Command("sh", ["-c", damage]).with { $0.workingDirectory = entry.path }, purpose: "damage")
        let later = try ContentStore(root: fixture.store.root, progress: fixture.log.sink)
        #expect(try later.entry(entry.digest) == nil)
        #expect(try later.entry(entry.digest) == nil)
        let folder = Files.folder(of: entry.path)
        #expect(fixture.log.messages == ["the cache entry '\(folder)' is damaged; the step is done again"])
        let staging = try later.newStaging()
        try Files.write("new", to: "\(staging)/file")
        let again = try later.commit(staging: staging, as: entry.digest, record: fixture.record("a"))
        #expect(try Files.readText("\(again.path)/file") == "new")
        #expect(try later.entry(entry.digest) != nil)
    }

    @Test func `of the results that edits have left behind, the last few and the recent ones stay`() throws {
        let fixture = try StoreFixture()
        let now: Int64 = 2_000_000_000
        var entries: [StoreEntry] = []
        for number in 0..<6 {
            let staging = try fixture.store.newStaging()
            try Files.write("\(number)", to: "\(staging)/file")
            let record = fixture.record("edit \(number)", kind: "disk", name: number == 0 ? "other" : "shop")
            entries.append(
                try fixture.store.commit(staging: staging, as: fixture.inputs("edit \(number)").digest, record: record))
            fixture.setLastUse(
                "\(Files.folder(of: entries[number].path))/record.json", Int(now) - (6 - number) * 1000)
        }
        // Of shop's five, used 5000 to 1000 seconds ago, two stay in any case, and a third is recent.
        let removed = try fixture.store.removeSuperseded(
            kind: "disk", name: "shop", keeping: 2, olderThan: 3500, now: now)
        #expect(removed == 2)
        let left = try fixture.store.list().filter { $0.kind == .entry }.map(\.path)
        #expect(Set(left) == Set([0, 3, 4, 5].map { Files.folder(of: entries[$0].path) }))
    }

    @Test func `the last record of a kind and name tells which input missed, also after gc`() throws {
        let fixture = try StoreFixture()
        _ = try fixture.commit("a")
        _ = try fixture.commit("b")
        _ = try fixture.store.gc(maxSize: 0, olderThan: nil, now: Host.clock())
        let last = try #require(fixture.store.lastRecord(kind: "packages", name: "wsgi"))
        #expect(last.inputs.differences(from: fixture.inputs("c")) == ["text"])
        #expect(last.inputs == fixture.inputs("b"))
        #expect(fixture.store.lastRecord(kind: "packages", name: "other") == nil)
    }

    @Test(arguments: ["kvm", "last date of debian/trixie", "../escape", ".hidden", "a/b"])
    func `facts are remembered under any name`(name: String) throws {
        let fixture = try StoreFixture()
        #expect(try fixture.store.recall(name) == nil)
        try fixture.store.remember("one", as: name)
        try fixture.store.remember("two", as: name)
        #expect(try fixture.store.recall(name) == "two")
        #expect(try Files.names(in: "\(fixture.store.root)/facts").count == 1)
    }

    @Test func `the store's place comes from the environment`() throws {
        let cases: [([String: String], String?)] = [
            (["STONEBAKE_CACHE": "/a", "XDG_CACHE_HOME": "/b", "HOME": "/c"], "/a"),
            (["STONEBAKE_CACHE": "", "XDG_CACHE_HOME": "/b", "HOME": "/c"], "/b/stonebake"),
            (["XDG_CACHE_HOME": "relative", "HOME": "/c"], "/c/.cache/stonebake"),
            (["HOME": "/c"], "/c/.cache/stonebake"), ([:], nil),
        ]
        for (environment, root) in cases {
            #expect((try? ContentStore.defaultRoot(environment: environment)) == root, "\(environment)")
        }
    }
}

@Suite struct StoreCleaningTests {
    @Test func `gc removes the longest unused until the store is small enough`() throws {
        let fixture = try StoreFixture()
        var paths: [String] = []
        for (index, text) in ["old", "middle", "new"].enumerated() {
            let content = String(repeating: text, count: 10_000)
            let (_, path) = try fixture.store.addBlob(moving: fixture.file(content), expecting: nil)
            fixture.setLastUse(path, 1000 + index)
            paths.append(path)
        }
        let sizes = try fixture.store.list().map(\.size)
        #expect(try fixture.store.list().map(\.path) == paths)
        let removed = try fixture.store.gc(maxSize: sizes[1] + sizes[2], olderThan: nil, now: 2000)
        #expect(removed.map(\.path) == [paths[0]])
        #expect(try fixture.store.list().map(\.path) == Array(paths[1...]))
    }

    @Test func `gc removes what was not used for long, but nothing that is to be kept`() throws {
        let fixture = try StoreFixture()
        let kept = try fixture.commit("kept")
        let gone = try fixture.commit("gone")
        let fresh = try fixture.commit("fresh")
        for entry in [kept, gone] { fixture.setLastUse("\(Files.folder(of: entry.path))/record.json", 1000) }
        fixture.setLastUse("\(Files.folder(of: fresh.path))/record.json", 92_000)
        let removed = try fixture.store.gc(maxSize: nil, olderThan: 3600, keeping: [kept.digest], now: 100_000 - 6400)
        #expect(removed.map(\.digest) == [gone.digest])
        #expect(removed.map(\.title) == ["packages wsgi"])
        #expect(try fixture.store.entry(kept.digest) != nil)
        #expect(try fixture.store.entry(gone.digest) == nil)
        #expect(try fixture.store.entry(fresh.digest) != nil)
    }

    @Test func `using something makes it new`() throws {
        let fixture = try StoreFixture()
        let (digest, path) = try fixture.store.addBlob(moving: fixture.file("abc"), expecting: nil)
        fixture.setLastUse(path, 1000)
        _ = try fixture.store.blob(digest)
        #expect(try fixture.store.list()[0].lastUse > 1_700_000_000)
    }

    @Test func `what a build that is running has used stays`() throws {
        let fixture = try StoreFixture()
        let old = try fixture.commit("old")
        fixture.setLastUse("\(Files.folder(of: old.path))/record.json", 1000)
        let used = try fixture.commit("used")
        let worker = try Worker("stage", fixture.store.root)
        _ = worker.line()
        // Used a moment after the other build began.
        fixture.setLastUse("\(Files.folder(of: used.path))/record.json", Int(Host.clock()) + 1)
        let removed = try fixture.store.gc(maxSize: 0, olderThan: nil, now: Host.clock() + 5)
        #expect(removed.map(\.digest) == [old.digest])
        worker.kill()
        #expect(try fixture.store.gc(maxSize: 0, olderThan: nil, now: Host.clock() + 5).map(\.digest) == [used.digest])
        #expect(try fixture.store.list().isEmpty)
    }
}
