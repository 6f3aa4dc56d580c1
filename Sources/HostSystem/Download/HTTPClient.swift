import FileTrees
import Synchronization

/// A small HTTP request: for indexes, and for the checks that ask a booted image.
package struct HTTPRequest: Sendable {
    package var url: String
    package var method = "GET"
    /// Sent as they are: `Accept: text/html`.
    package var headers: [String] = []
    package var body: [UInt8]?
    package var followsRedirects = false
    /// Whether a server's certificate has to be good; not for a guest, which made its own.
    package var verifiesCertificate = true
    /// From name resolution to the last byte.
    package var timeout: Duration = .seconds(30)
    /// A longer answer is refused.
    package var bodyLimit = 64 << 20

    package init(_ url: String) {
        self.url = url
    }
}

package struct HTTPResponse: Sendable {
    package var status: Int
    /// In the order of arrival; the names in lower case.
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    package init(status: Int, headers: [(name: String, value: String)], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    package var text: String { String(decoding: body, as: UTF8.self) }

    package func header(_ name: String) -> String? { headers.last { $0.name == name.lowercased() }?.value }
}

/// HTTP over libcurl: proxies and the CA bundle are taken from the environment.
package struct HTTPClient: Sendable {
    static let userAgent = "stonebake/0.1"

    let engine: TransferEngine
    let policy: TransferPolicy

    package init(policy: TransferPolicy = TransferPolicy(), environment: [String: String]) {
        self.policy = policy
        engine = TransferEngine(policy: policy, environment: environment)
    }

    /// Sends one request, once.
    ///
    /// - Throws: `HostError.download` when no complete answer came, `CancellationError`. A status of 400 or more is an
    ///   answer, not an error.
    package func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        try Task.checkCancellation()
        if policy.isOffline, !Self.isLocal(request.url) {
            throw HostError(.offline, "--offline forbids to ask \(request.url)")
        }
        let memory = MemoryReceiver(limit: request.bodyLimit)
        var transfer = Transfer(url: request.url, receiver: memory)
        transfer.method = request.method
        transfer.headers = request.headers
        transfer.body = request.body
        transfer.followsRedirects = request.followsRedirects
        transfer.timeout = request.timeout
        transfer.verifiesCertificate = request.verifiesCertificate
        switch await engine.perform(transfer) {
        case .answered(let head):
            return HTTPResponse(status: head.status, headers: head.fields, body: memory.bytes)
        case .refused(let error as HostError):
            throw HostError(error.code, "\(request.method) \(request.url): \(error.message)", hint: error.hint)
        case .refused(let error): throw error
        case .cancelled: throw CancellationError()
        case .failed(let fault):
            throw HostError(.download, "\(request.method) \(request.url): \(fault.message)")
        }
    }
}

extension HTTPClient {
    /// Whether asking that URL leaves this machine alone: a file, or a server on the loopback interface.
    static func isLocal(_ url: String) -> Bool {
        if url.hasPrefix("file:") { return true }
        let parts = url.split(separator: "://", maxSplits: 1)
        guard parts.count == 2 else { return false }
        let authority = parts[1].prefix { $0 != "/" && $0 != "?" }
        let host = authority.split(separator: "@").last ?? ""
        return host.hasPrefix("127.") || host.hasPrefix("localhost:") || host == "localhost" || host.hasPrefix("[::1]")
    }
}

private final class MemoryReceiver: TransferReceiver {
    private let limit: Int
    private let content = Mutex<[UInt8]>([])

    init(limit: Int) {
        self.limit = limit
    }

    var bytes: [UInt8] { content.withLock { $0 } }

    func begin(_ head: ResponseHead) {}

    func receive(_ bytes: UnsafeRawBufferPointer) throws {
        try content.withLock { content in
            guard content.count + bytes.count <= limit else {
                throw HostError(.download, "the answer is longer than \(Files.sizeText(Int64(limit)))")
            }
            content += bytes
        }
    }
}
