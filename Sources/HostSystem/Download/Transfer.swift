/// One request for libcurl: pure data but for its receiver.
struct Transfer: Sendable {
    var url: String
    var method = "GET"
    var headers: [String] = []
    var body: [UInt8]?
    var followsRedirects = true
    var verifiesCertificate = true
    /// `500-`: what is asked for by Range.
    var range: String?
    /// The whole transfer; nil: as long as it moves.
    var timeout: Duration?
    var receiver: any TransferReceiver
}

/// Takes what arrives. Called on the engine's thread only, one call at a time; throwing ends the transfer.
protocol TransferReceiver: Sendable {
    /// The final answer's head, before its first byte (redirects are not shown). Status 0: not HTTP.
    func begin(_ head: ResponseHead) throws
    func receive(_ bytes: UnsafeRawBufferPointer) throws
}

/// Status and header fields of an answer; the names in lower case.
struct ResponseHead: Sendable {
    var status = 0
    var fields: [(name: String, value: String)] = []

    func value(_ name: String) -> String? { fields.last { $0.name == name }?.value }
}

/// How a transfer ended.
enum TransferEnd: Sendable {
    /// The answer is complete; its status may be any.
    case answered(ResponseHead)
    /// The receiver threw this.
    case refused(any Error)
    case failed(TransferFault)
    case cancelled
}

/// What libcurl says went wrong.
struct TransferFault: Sendable {
    /// A CURLcode.
    var code: UInt32
    var message: String
    /// Whether the same request may succeed later.
    var isTransient: Bool
    /// The URL names a local file that is not there.
    var isNotFound: Bool
}
