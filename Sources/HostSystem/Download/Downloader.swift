package import ContentDigest
internal import FileTrees
internal import Glibc

/// One file to be fetched.
package struct DownloadRequest: Sendable {
    package enum Destination: Sendable {
        /// The store's blob of that digest; `size` in bytes where it is known.
        case blob(Digest, size: Int64?)
        /// A file at this path, replaced at once when it is complete. For what is verified otherwise: an InRelease.
        case file(String)
    }

    /// Where it may come from, the best first: http, https or file.
    package var urls: [String]
    package var destination: Destination
    /// What a person calls it: `nginx-light 1.26.3-3`.
    package var title: String
    /// Bytes; a longer answer is cut off and refused. The size, where the destination gives one.
    package var limit: Int64
    /// Asked in this order when none of `urls` has the file, or none as it was: a snapshot archive.
    package var fallbacks: [String] = []
    /// What a person can do when it is nowhere, or not what was asked for.
    package var hint: String?

    package init(_ urls: [String], to destination: Destination, title: String, limit: Int64 = 4 << 30) {
        self.urls = urls
        self.destination = destination
        self.title = title
        self.limit = limit
        if case .blob(_, let size?) = destination { self.limit = size }
    }

    package init(_ url: String, to destination: Destination, title: String, limit: Int64 = 4 << 30) {
        self.init([url], to: destination, title: title, limit: limit)
    }
}

package struct DownloadedFile: Sendable {
    package var path: String
    package var digest: Digest
    /// Bytes.
    package var size: Int64
    /// It was in the store already.
    package var wasCached: Bool
    /// The URL that it came from; nil when it was in the store.
    package var source: String?
}

/// Fetches files into the store: in parallel, resuming what broke off (also in an earlier run), trying again after
/// passing faults, and hashing while the bytes arrive.
package struct Downloader: Sendable {
    let store: ContentStore
    let http: HTTPClient
    let progress: ProgressSink

    package init(store: ContentStore, http: HTTPClient, progress: ProgressSink) {
        self.store = store
        self.http = http
        self.progress = progress
    }

    /// Fetches all, and returns them in the order of the requests. The first failure ends the others; what they have
    /// received is kept for the next time.
    ///
    /// - Parameter step: whose `stepProgress` events tell the bytes received, cached ones left out; `transfer` events tell
    ///   of each file.
    /// - Throws: `HostError` (`notFound`, `download`, `digestMismatch`, `noSpace`, …), `CancellationError`.
    @discardableResult
    package func fetch(_ requests: [DownloadRequest], step: String) async throws -> [DownloadedFile] {
        let tally = DownloadTally(step: step, requests: requests, progress: progress)
        return try await withThrowingTaskGroup(of: (Int, DownloadedFile).self) { group in
            var results = [DownloadedFile?](repeating: nil, count: requests.count)
            var next = 0
            func addNext() {
                guard next < requests.count else { return }
                let index = next
                next += 1
                group.addTask { (index, try await fetch(requests[index], tally)) }
            }
            for _ in 0..<http.policy.parallel { addNext() }
            for try await (index, file) in group {
                results[index] = file
                addNext()
            }
            tally.report()
            return results.compactMap { $0 }
        }
    }

    /// Fetches one file.
    @discardableResult
    package func fetch(_ request: DownloadRequest, step: String) async throws -> DownloadedFile {
        let tally = DownloadTally(step: step, requests: [request], progress: progress)
        return try await fetch(request, tally)
    }

    private func fetch(_ request: DownloadRequest, _ tally: DownloadTally) async throws -> DownloadedFile {
        if let file = try await cached(request) {
            tally.skip(request)
            return file
        }
        let request = try http.policy.isOffline ? local(request) : request
        let key = Digest.of(request.cacheKey)
        return try await store.withLock("download-\(key.hex)", saying: "the download of '\(request.title)'") {
            // Another build may have brought it while this one waited.
            if let file = try await cached(request) {
                tally.skip(request)
                return file
            }
            let partial = try await blocking { [store] in
                try PartialFile(request: request, path: "\(store.root)/partial/\(key.hex)", tally: tally)
            }
            let file = try await Download(request: request, partial: partial, downloader: self).run()
            tally.finish(request, size: file.size)
            return file
        }
    }

    /// The request without what is not on this machine.
    private func local(_ request: DownloadRequest) throws(HostError) -> DownloadRequest {
        var local = request
        local.urls = request.urls.filter { $0.hasPrefix("file:") }
        local.fallbacks = request.fallbacks.filter { $0.hasPrefix("file:") }
        if local.urls.isEmpty, local.fallbacks.isEmpty {
            throw HostError(
                .offline, "'\(request.title)' is not in the cache, and --offline forbids to download it",
                hint: request.hint ?? "run it once without --offline",
                notes: request.urls.prefix(1).map { "it would come from \($0)" })
        }
        return local
    }

    private func cached(_ request: DownloadRequest) async throws -> DownloadedFile? {
        guard case .blob(let digest, _) = request.destination else { return nil }
        return try await blocking { [store] in
            guard let path = try store.blob(digest) else { return nil }
            let size = try Files.identity(path)?.size ?? 0
            return DownloadedFile(path: path, digest: digest, size: size, wasCached: true)
        }
    }
}

extension DownloadRequest {
    var expectedDigest: Digest? {
        if case .blob(let digest, _) = destination { digest } else { nil }
    }

    var expectedSize: Int64? {
        if case .blob(_, let size) = destination { size } else { nil }
    }

    /// What the broken-off part is kept under: content has its digest, a file the place where it comes from.
    var cacheKey: String {
        switch destination {
        case .blob(let digest, _): "blob \(digest.hex)"
        case .file(let path): "file \(path) \(urls.joined(separator: " "))"
        }
    }
}
