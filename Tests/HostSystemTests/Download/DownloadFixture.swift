import ContentDigest
import Testing

@testable import FileTrees
@testable import HostSystem

/// A host with an empty store, impatient enough for tests.
struct DownloadFixture {
    let folder: TemporaryFolder
    let log = EventLog()
    let host: Host

    init(_ change: (inout Host.Options) -> Void = { _ in }) throws {
        folder = try TemporaryFolder()
        host = try Host(testing: "\(folder.path)/cache", progress: log.sink) { options in
            options.transfers.firstPause = .milliseconds(5)
            options.transfers.stallTime = .seconds(2)
            change(&options)
        }
    }

    func blob(_ urls: String..., size: Int) -> DownloadRequest {
        let digest = Digest.of(Mirror.content(size))
        return DownloadRequest(urls, to: .blob(digest, size: Int64(size)), title: "the file")
    }

    func fetch(_ request: DownloadRequest) async throws -> DownloadedFile {
        try await host.downloader.fetch(request, step: "download")
    }

    /// What a failed or cancelled download may leave is parts to be resumed, never a blob.
    var blobs: [String] {
        get throws { try Files.names(in: "\(folder.path)/cache/blobs/sha256") }
    }

    var partials: [String] {
        get throws { try Files.names(in: "\(folder.path)/cache/partial") }
    }
}
