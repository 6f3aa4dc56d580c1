import ContentDigest
import Foundation

@testable import HostSystem

/// A test's own part of `Fixtures/mirror.py`, a mirror that misbehaves as the path says. All tests share one process,
/// which ends with this one.
struct Mirror {
    private static let shared = Result { try MirrorServer([]) }
    private let server: MirrorServer
    private let scheme: String
    private let token = String(UInt64.random(in: 0...UInt64.max), radix: 36)

    init() throws {
        server = try Self.shared.get()
        scheme = "http"
    }

    /// One of its own that speaks https.
    init(certificate: String, key: String) throws {
        server = try MirrorServer([certificate, key])
        scheme = "https"
    }

    var port: Int { server.port }

    func url(_ path: String) -> String { "\(scheme)://127.0.0.1:\(server.port)/\(path)/\(token)" }

    /// The requests of this test so far, each `METHOD path range if-range`, without the test's own word.
    func requests() async throws -> [String] {
        let log = try await HTTPClient(environment: [:]).send(HTTPRequest("http://127.0.0.1:\(server.port)/log"))
        return log.text.split(separator: "\n").filter { $0.contains("/\(token) ") }.map {
            $0.split(separator: "/\(token)").joined()
        }
    }

    /// What every path ending in that size has.
    static func content(_ size: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var block = 0
        while bytes.count < size {
            let hex = Digest.of("\(block)").hex
            for pair in stride(from: 0, to: 64, by: 2) {
                let start = hex.index(hex.startIndex, offsetBy: pair)
                bytes.append(UInt8(hex[start..<hex.index(start, offsetBy: 2)], radix: 16) ?? 0)
            }
            block += 1
        }
        return Array(bytes.prefix(size))
    }
}

private final class MirrorServer: Sendable {
    let port: Int
    /// The server ends when this closes.
    private let input = Pipe()

    init(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-u", fixture("mirror.py")] + arguments
        process.standardInput = input
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        var line = Data()
        while let byte = try output.fileHandleForReading.read(upToCount: 1), byte != Data([10]) { line += byte }
        guard let port = Int(String(decoding: line, as: UTF8.self)) else { throw CocoaError(.fileReadUnknown) }
        self.port = port
    }
}

/// The path of a file beside these tests.
func fixture(_ name: String) -> String {
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "Fixtures/\(name)")
        .path
}
