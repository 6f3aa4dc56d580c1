import ApplianceSpec
import BuildPlanning
import ContentDigest
import Diagnostics
import FileTrees
import HostSystem

/// One repository's verified Release file and the `Packages` indexes that it signs, all in the store.
struct RepositorySnapshot: Sendable {
    struct Index: Sendable {
        var component: String
        /// `main/binary-amd64/Packages.xz`.
        var path: String
        var digest: Digest
        /// The compressed index in the store.
        var file: String
        /// Bytes, once uncompressed; nil where Release does not say.
        var textSize: Int64?
    }

    var repository: Repository
    var release: ReleaseFile
    /// Of the InRelease file.
    var digest: Digest
    var indexes: [Index]

    var source: PackageSource {
        PackageSource(
            repository: repository.id,
            suites: [repository.suite.value, release.suite, release.codename].compactMap { $0 },
            component: "", priority: repository.priority ?? release.defaultPriority,
            limits: PackageLimits(
                cost: repository.cost ?? PackageLimits.standardCost, include: repository.include,
                exclude: repository.exclude))
    }

    var locked: LockedRepository {
        var locked = LockedRepository(
            id: repository.id, archive: nil, uri: nil, suite: repository.suite.value,
            components: repository.components, release: digest, date: release.date)
        switch repository.origin {
        case .archive(let name): locked.archive = name
        case .uri(let uri): locked.uri = uri
        }
        return locked
    }
}

/// Brings a repository's metadata into the store: InRelease verified by gpgv, each index by its SHA-256.
struct RepositoryMetadata: Sendable {
    let host: Host
    let architecture: Architecture
    private static let step = "indexes"
    private static let debianKeyring = "/usr/share/keyrings/debian-archive-keyring.gpg"

    init(host: Host, architecture: Architecture) {
        self.host = host
        self.architecture = architecture
    }

    /// All repositories at once, in their order.
    ///
    /// - Throws: `ResolutionError` with what is wrong at each of them, `HostError`, `CancellationError`.
    func load(_ repositories: [Repository]) async throws -> [RepositorySnapshot] {
        try await withThrowingTaskGroup(of: (Int, Result<RepositorySnapshot, ResolutionError>).self) { group in
            for (index, repository) in repositories.enumerated() {
                group.addTask {
                    do {
                        return (index, .success(try await load(repository)))
                    } catch let error as ResolutionError {
                        return (index, .failure(error))
                    }
                }
            }
            var results: [Int: Result<RepositorySnapshot, ResolutionError>] = [:]
            for try await (index, result) in group { results[index] = result }
            let inOrder = repositories.indices.compactMap { results[$0] }
            let errors = inOrder.compactMap { result -> ResolutionError? in
                if case .failure(let error) = result { error } else { nil }
            }
            if let first = errors.first { throw ResolutionError(first.code, errors.flatMap(\.diagnostics)) }
            return try inOrder.map { try $0.get() }
        }
    }

    /// A mirror that is updated between the Release file and an index is asked a second time.
    func load(_ repository: Repository) async throws -> RepositorySnapshot {
        let base = try base(of: repository)
        let first = try await release(of: repository, base: base)
        do {
            return try await snapshot(of: repository, first, base: base)
        } catch let error as HostError where [.notFound, .digestMismatch].contains(error.code) && !host.offline {
            let second = try await release(of: repository, base: base)
            do {
                return try await snapshot(of: repository, second, base: base)
            } catch let again as HostError where [.notFound, .digestMismatch].contains(again.code) {
                var diagnostic = Diagnostic(
                    code: ResolutionError.Code.unstableMirror.rawValue,
                    "the mirror of '\(repository.id)' lacks the indexes that its Release file of "
                        + "\(ReleaseFile.text(second.release.date)) lists, or has others",
                    at: repository.suite.range,
                    hint: "try again in a few minutes, or choose another mirror with --mirror NAME=URI")
                diagnostic.notes = [.init(again.message)] + again.notes.map { .init($0) }
                throw ResolutionError(.unstableMirror, [diagnostic])
            }
        }
    }

    private func base(of repository: Repository) throws -> String {
        switch repository.origin {
        case .archive(let name): return try host.archives.base(of: name)
        case .uri(let uri): return uri.hasSuffix("/") ? String(uri.dropLast()) : uri
        }
    }

    // MARK: Release

    private struct Verified {
        var release: ReleaseFile
        var digest: Digest
    }

    private func release(of repository: Repository, base: String) async throws -> Verified {
        let memory = ReleaseMemory(store: host.store, repository: repository)
        let file: String
        if host.offline, !base.hasPrefix("file:") {
            guard let digest = try memory.digest, let path = try host.store.blob(digest) else {
                throw ResolutionError(
                    .offline, "the store has no Release file of '\(repository.id)'", at: repository.suite.range,
                    hint: "run it once without --offline")
            }
            file = path
        } else {
            file = "\(try host.scratch.newFolder("release"))/InRelease"
            let url = "\(base)/dists/\(repository.suite.value)/InRelease"
            do {
                try await host.downloader.fetch(
                    DownloadRequest(url, to: .file(file), title: "\(repository.id) InRelease", limit: 16 << 20),
                    step: Self.step)
            } catch let error as HostError where error.code == .notFound {
                throw ResolutionError(
                    .unknownSuite, "'\(repository.id)' has no suite '\(repository.suite.value)' on this mirror",
                    at: repository.suite.range, hint: "there is no \(url)")
            }
        }
        let text: String
        do {
            text = try await SignatureVerifier(host: host).verifyInline(
                inRelease: file, keyrings: [repository.signedBy ?? Self.debianKeyring])
        } catch let error as HostError where error.code == .signature {
            var diagnostic = Diagnostic(
                code: ResolutionError.Code.badRelease.rawValue,
                "the Release file of '\(repository.id)' is not signed by a key of "
                    + "'\(repository.signedBy ?? Self.debianKeyring)'",
                at: repository.suite.range,
                hint: "if the repository's key is another one, give its keyring as signed-by; do not trust this mirror")
            diagnostic.notes = error.notes.filter { $0.hasPrefix("gpgv:") }.map { .init($0) }
            throw ResolutionError(.badRelease, [diagnostic])
        }
        let release = try ReleaseFile(text, of: repository.id)
        let checks = ReleaseChecks(
            repository: repository, architecture: architecture, now: host.now(), lastSeen: try memory.date,
            allowExpired: host.allowExpired)
        let diagnostics = checks.diagnostics(of: release)
        if let first = diagnostics.first(where: { $0.severity == .error }) {
            throw ResolutionError(
                ResolutionError.Code(rawValue: first.code) ?? .badRelease, diagnostics.filter { $0.severity == .error })
        }
        for warning in diagnostics { host.progress.send(.message(.warning, warning.message)) }
        let digest =
            host.offline && !base.hasPrefix("file:")
            ? try memory.digest ?? Digest.of(text) : try host.store.addBlob(moving: file, expecting: nil).0
        try memory.remember(release, digest)
        return Verified(release: release, digest: digest)
    }

    // MARK: Indexes

    private func snapshot(
        of repository: Repository, _ verified: Verified, base: String
    ) async throws -> RepositorySnapshot {
        let release = verified.release
        var wanted: [(component: String, path: String, entry: ReleaseFile.Entry, textSize: Int64?)] = []
        for component in repository.components {
            for architecture in [architecture.rawValue] + (release.mergesAll ? [] : ["all"]) {
                let plain = "\(component)/binary-\(architecture)/Packages"
                // xz is what every archive has; the others are for those that are made by hand.
                for suffix in [".xz", ".zst", ".gz", ""] {
                    guard let entry = release.files[plain + suffix] else { continue }
                    wanted.append((component, plain + suffix, entry, release.files[plain]?.size))
                    break
                }
            }
        }
        let suite = "\(base)/dists/\(repository.suite.value)"
        let requests = wanted.map { index in
            let folder = index.path.split(separator: "/").dropLast().joined(separator: "/")
            let byHash = "\(suite)/\(folder)/by-hash/SHA256/\(index.entry.digest.hex)"
            return DownloadRequest(
                (release.hasHashPaths ? [byHash] : []) + ["\(suite)/\(index.path)"],
                to: .blob(index.entry.digest, size: index.entry.size), title: "\(repository.id) \(index.path)")
        }
        let files = try await host.downloader.fetch(requests, step: Self.step)
        let indexes = zip(wanted, files).map { index, file in
            RepositorySnapshot.Index(
                component: index.component, path: index.path, digest: file.digest, file: file.path,
                textSize: index.textSize)
        }
        return RepositorySnapshot(
            repository: repository, release: release, digest: verified.digest, indexes: indexes)
    }
}

/// What the store remembers of an archive's suite: the newest Date ever accepted, and the InRelease used last.
struct ReleaseMemory {
    let store: ContentStore
    let name: String

    init(store: ContentStore, repository: Repository) {
        self.store = store
        let origin =
            switch repository.origin {
            case .archive(let name): name
            case .uri(let uri): uri
            }
        name = "release \(origin) \(repository.suite.value)"
    }

    private func words() throws(HostError) -> [Substring] {
        (try store.recall(name) ?? "").split(whereSeparator: \.isWhitespace)
    }

    var date: Int64? {
        get throws(HostError) { try words().first.flatMap { Int64($0) } }
    }

    var digest: Digest? {
        get throws(HostError) { try words().dropFirst().first.flatMap { Digest(hex: String($0)) } }
    }

    func remember(_ release: ReleaseFile, _ digest: Digest) throws(HostError) {
        let newest = max(release.date, try date ?? release.date)
        try store.remember("\(newest) \(digest.hex)\n", as: name)
    }
}
