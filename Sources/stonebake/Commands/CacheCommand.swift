import ApplianceSpec
import ArgumentParser
import BuildPlanning
import ContentDigest
import Diagnostics
import FileTrees
import Foundation
import HostSystem

struct CacheCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cache",
        abstract: "Look at the content store and make it smaller.",
        discussion: """
            EXAMPLE
              stonebake cache ls
              stonebake cache gc --max-size "10 GB" --keep Appliances/wsgi/appliance.lock
            """,
        subcommands: [
            CacheListCommand.self, CacheCollectCommand.self, CacheVerifyCommand.self, CacheClearCommand.self,
            CachePathCommand.self,
        ],
        defaultSubcommand: CacheListCommand.self)
}

struct CachePathCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "path", abstract: "Print the folder of the content store.",
        discussion: "EXAMPLE\n  du -sh $(stonebake cache path)")

    func run() throws {
        print(try ContentStore.defaultRoot(environment: Host.processEnvironment()))
    }
}

struct CacheListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: "List what the content store keeps.",
        discussion: "EXAMPLE\n  stonebake cache ls --all")

    @Flag(help: "List each download too, not only their number and size.")
    var all = false

    func run() async throws {
        let store = try openStore()
        let items = try await blocking { try store.list() }
        let entries = items.filter { $0.kind == .entry }
        var rows = entries.map { row($0, $0.title ?? "damaged") }
        if all {
            rows += items.filter { $0.kind != .entry }.map {
                row($0, $0.kind == .blob ? "download" : "partial download")
            }
        }
        if !rows.isEmpty { print(table([["what", "digest", "size", "last used"]] + rows).joined(separator: "\n")) }
        let blobs = items.filter { $0.kind == .blob }
        print(
            "\(store.root): \(entries.count) step results (\(size(of: entries))), "
                + "\(blobs.count) downloads (\(size(of: blobs))), all together \(size(of: items))")
    }

    private func row(_ item: StoreItem, _ title: String) -> [String] {
        [
            title, item.digest?.short ?? "", "\(ByteSize(bytes: item.size))",
            Date(timeIntervalSince1970: Double(item.lastUse)).formatted(.iso8601),
        ]
    }
}

struct CacheCollectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc", abstract: "Remove from the content store what has not been used for long.",
        discussion: """
            What a running build uses stays, and so do the packages, build tools and wheels that a lock needs: each lock \
            that was built from this store and is still where it was, and those given with --keep. Results of steps go: \
            they can be made again from those, without a network.

            EXAMPLE
              stonebake cache gc --older-than 30d
              stonebake cache gc --max-size "5 GB" --keep old/appliance.lock
            """)

    @Option(help: "The largest size that is left: \"10 GB\", 5G.")
    var maxSize: ByteSize?

    @Option(help: "Remove what was not used for this long: 90m, 12h, 30d.")
    var olderThan: Age?

    @Option(
        help: "Another lock whose packages and wheels stay; may be given several times.",
        completion: .file(extensions: ["lock"]))
    var keep: [String] = []

    @Flag(help: "Remove also what locks need that were built from this store; those given with --keep count.")
    var all = false

    func validate() throws {
        guard maxSize != nil || olderThan != nil else {
            throw ValidationError("say what may go: --max-size or --older-than")
        }
    }

    func run() async throws {
        let store = try openStore()
        var keeping: Set<Digest> = []
        for path in keep { keeping.formUnion(try Self.lock(at: path).digests) }
        let known = all ? [] : try store.knownLocks()
        // One that cannot be read now (a merge, half done) needs what it named when it was built last.
        for lock in known { keeping.formUnion((try? Self.lock(at: lock.path).digests) ?? lock.digests) }
        let kept = store.withCopies(keeping)
        let (size, age) = (maxSize?.bytes, olderThan?.seconds)
        let removed = try await blocking {
            defer { try? store.closeRun() }
            return try store.gc(maxSize: size, olderThan: age, keeping: kept, now: Host.clock())
        }
        for item in removed {
            print(
                "removed \(item.title ?? item.kind.rawValue) \(item.digest?.short ?? "") (\(ByteSize(bytes: item.size)))"
            )
        }
        print("\(removed.count) things removed, \(stonebake.size(of: removed)) freed")
        try await tellWhatStays(in: store, known: known, kept: kept)
    }

    private func tellWhatStays(in store: ContentStore, known: [ContentStore.KnownLock], kept: Set<Digest>) async throws
    {
        let items = try await blocking { try store.list() }
        let needed = items.filter { $0.digest.map(kept.contains) ?? false }
        if !needed.isEmpty {
            let locks = known.count + keep.count
            print(
                "\(needed.count) downloads (\(stonebake.size(of: needed))) stay: \(locks == 1 ? "a lock needs" : "\(locks) locks need") "
                    + "them\(known.isEmpty ? "" : " (--all removes them)")")
        }
        if let limit = maxSize, stonebake.size(of: items).bytes > limit.bytes {
            print("the store is larger than \(limit) still: \(stonebake.size(of: items)) are needed or in use")
        }
    }

    private static func lock(at path: String) throws -> Lockfile {
        try LockfileFormat.decode(SourceFile(path: path, text: Files.readText(path)))
    }
}

struct CacheVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Read the whole content store and remove what is damaged.",
        discussion: """
            Downloads are compared with the SHA-256 that they are named by, results of steps with the ones that were noted \
            when they were made. A build looks for lost, cut off and edited files by itself; this finds a bit that flipped on \
            the disk, too. What is removed is fetched or made again by the next build. The exit status is 1 when something \
            was damaged.

            EXAMPLE
              stonebake cache verify
            """)

    func run() async throws {
        let store = try openStore()
        let (looked, damaged) = try await blocking(named: "verify") { flag in
            defer { try? store.closeRun() }
            return try store.verify(cancelled: flag)
        }
        for damage in damaged {
            let end = damage.wasRemoved ? "removed" : "in use by a build that is running, so it stays"
            let what = damage.item.title ?? (damage.item.kind == .blob ? "download" : "step result")
            print("\(what) \(damage.item.digest?.short ?? damage.item.path): \(damage.reason); \(end)")
        }
        let entries = looked.filter { $0.kind == .entry }
        print(
            "\(entries.count) step results and \(looked.count - entries.count) downloads (\(size(of: looked))) read, "
                + "\(damaged.count) damaged")
        if !damaged.isEmpty { throw RunEnded(exitCode: .inputWrong) }
    }
}

extension Lockfile {
    /// The contents that it names: packages, build tools and wheels.
    var digests: Set<Digest> {
        Set((packages + tools).map(\.sha256) + wheels.map(\.sha256))
    }
}

struct CacheClearCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clear", abstract: "Remove the content store with all that is in it.",
        discussion: """
            Needs no root: what a build has made for other users of the image belongs to subordinate ids of yours, and is \
            removed as those. Refuses while a build runs.

            EXAMPLE
              stonebake cache clear
            """)

    func run() async throws {
        let store = try openStore()
        let freed = try await blocking { try store.clear() }
        print("\(store.root) removed, \(ByteSize(bytes: freed)) freed")
    }
}

/// A length of time as people write it: `90m`, `12h`, `30d`.
struct Age: ExpressibleByArgument {
    let seconds: Int64

    init?(argument: String) {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604_800]
        guard let last = argument.last, let unit = units[last], let count = Int64(argument.dropLast()), count >= 0,
            !count.multipliedReportingOverflow(by: unit).overflow
        else { return nil }
        seconds = count * unit
    }
}

extension ByteSize: ExpressibleByArgument {
    public init?(argument: String) {
        guard let size = ByteSize(parsing: argument) else { return nil }
        self = size
    }
}

private func openStore() throws -> ContentStore {
    try ContentStore(root: ContentStore.defaultRoot(environment: Host.processEnvironment()))
}

private func size(of items: [StoreItem]) -> ByteSize {
    ByteSize(bytes: items.reduce(0) { $0 + $1.size })
}
