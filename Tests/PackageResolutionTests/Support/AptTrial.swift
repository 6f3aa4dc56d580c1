import ApplianceSpec
import BuildPlanning
import Diagnostics
import HostSystem
import Testing

@testable import PackageResolution

/// One pool and one apt root, for all sets.
struct AptTrial: Sendable {
    let host: Host
    let apt: AptJudge
    let snapshots: [RepositorySnapshot]
    let profile: DistributionProfile
    private let cache: TemporaryFolder

    /// - Parameter backports: the pin priority of the release's backports, which are then used too; 0 for apt's own.
    init(release: String = "trixie", backports: Int? = nil) async throws {
        cache = try TemporaryFolder()
        host = try Host(testing: cache.path)
        profile = try #require(DistributionProfile.named("debian", release: release, architecture: .amd64))
        var repositories = profile.toolRepositories
        if let backports {
            let suite = "\(release)-backports"
            repositories.append(
                Repository(
                    id: "debian/\(suite)", origin: .archive("debian"), suite: Located(suite), components: ["main"],
                    priority: backports == 0 ? nil : backports))
        }
        snapshots = try await RepositoryMetadata(host: host, architecture: .amd64).load(repositories)
        apt = try await AptJudge(host: host, snapshots: snapshots)
    }

    func request(_ install: [String]) -> ResolutionRequest {
        ResolutionRequest(
            architecture: .amd64, repositories: profile.repositories, base: profile.base,
            install: install.map { Located($0) }, remove: [], recommends: false,
            tools: (profile.tools + profile.pythonTools).map { Located($0) },
            toolRepositories: profile.toolRepositories, python: nil)
    }

    func finish() { cache.remove() }

    struct Ours: Sendable {
        /// The Essential and required packages, which every set has.
        var always: [String] = []
        /// `name=version`; nil for a set that is refused.
        var packages: Set<String>?
        var refusal: [String] = []
    }

    /// Ours for every set, and the Installed-Size of every version in the archive, in bytes.
    func resolve(_ sets: [String]) async throws -> (ours: [Ours], sizes: [String: Int64]) {
        let (snapshots, store, now) = (snapshots, host.store, host.now())
        return try await blocking {
            let pool = PackagePool(architecture: .amd64)
            let loader = IndexLoader(store: store, now: now)
            for snapshot in snapshots { try loader.load(snapshot, into: pool) }
            var sizes: [String: Int64] = [:]
            for id in pool.packages { sizes[Self.text(id, pool)] = pool.installedSize(of: id) }
            let candidates = Candidates(of: pool)
            let always = candidates.all.filter { pool.isEssential($0) || pool.priority(of: $0) == 0 }
                .map { pool.name(of: $0) }.sorted()
            let ours = sets.map { set -> Ours in
                let names = set.drop { "+=".contains($0) }.split(separator: " ").map { Located(String($0)) }
                var ours = Ours(always: always)
                do throws(ResolutionError) {
                    let goal = PackageGoal(install: names, recommends: set.hasPrefix("+"))
                    ours.packages = Set(
                        try PackageChooser(pool: pool).choose(goal).packages.map { Self.text($0, pool) })
                } catch {
                    ours.refusal = error.diagnostics.map(\.message)
                }
                return ours
            }
            return (ours, sizes)
        }
    }

    private static func text(_ id: PackageID, _ pool: PackagePool) -> String {
        "\(pool.name(of: id))=\(pool.version(of: id))"
    }

    func judge(_ sets: [String]) async throws -> [String] {
        let (ours, sizes) = try await resolve(sets)
        let rows = try await concurrently(Array(zip(sets, ours))) { set, ours in
            guard let packages = ours.packages else {
                Issue.record("\(set): \(ours.refusal)")
                return ""
            }
            let names = set.drop { "+=".contains($0) }.split(separator: " ").map(String.init)
            let exact = try await apt.install(packages.sorted())
            let choice = try await apt.choose(ours.always + names, recommends: set.hasPrefix("+"))
            #expect(exact.succeeded, "\(set): apt refuses what we lock")
            #expect(exact.installed == packages, "\(set): apt would change what we lock")
            #expect(exact.removed == [], "\(set)")
            if set.hasPrefix("=") {
                #expect(!choice.succeeded, "\(set): apt alone finds something now")
                return "| \(set) | \(packages.count), – | – |"
            }
            #expect(choice.succeeded, "\(set): apt alone finds nothing")
            let size = packages.reduce(0) { $0 + (sizes[$1] ?? 0) }
            let aptSize = choice.installed.reduce(0) { $0 + (sizes[$1] ?? 0) }
            #expect(packages.count * 100 <= choice.installed.count * 102, "\(set)")
            #expect(size * 100 <= aptSize * 102, "\(set)")
            return "| \(set) | \(packages.count), \(choice.installed.count) | \(size >> 20), \(aptSize >> 20) |"
        }
        return ["| set | packages: ours, apt | Installed-Size, MiB: ours, apt |"] + rows
    }

    /// As many at once as there are processors, in order.
    private func concurrently(
        _ items: [(String, Ours)], _ body: @escaping @Sendable (String, Ours) async throws -> String
    ) async throws -> [String] {
        try await withThrowingTaskGroup(of: (Int, String).self) { group in
            var results = [String](repeating: "", count: items.count)
            var next = 0
            func addNext() {
                guard next < items.count else { return }
                let (index, item) = (next, items[next])
                next += 1
                group.addTask { (index, try await body(item.0, item.1)) }
            }
            for _ in 0..<host.cpus { addNext() }
            for try await (index, result) in group {
                results[index] = result
                addNext()
            }
            return results
        }
    }

    func judgeRefusals(_ sets: [String]) async throws {
        let (ours, _) = try await resolve(sets)
        let rows = try await concurrently(Array(zip(sets, ours))) { set, ours in
            let names = set.split(separator: " ").map(String.init)
            let choice = try await apt.choose(ours.always + names, recommends: false)
            #expect(!choice.succeeded, "\(set): apt installs it")
            #expect(ours.packages == nil, "\(set): we install it")
            #expect(!ours.refusal.isEmpty, "\(set)")
            return "\(set) → \(ours.refusal.joined(separator: "; "))"
        }
        print(rows.joined(separator: "\n"))
    }
}
