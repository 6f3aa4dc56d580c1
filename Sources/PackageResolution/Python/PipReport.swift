import BuildPlanning
import ContentDigest
import Diagnostics
import FoundationEssentials
import HostSystem

/// pip's installation report (`pip install --dry-run --report`, version 1).
struct PipReport: Decodable {
    struct Item: Decodable {
        struct Metadata: Decodable {
            var name: String
            var version: String
        }

        struct Download: Decodable {
            struct Archive: Decodable {
                /// `sha256=…`; what pip 22 and 23.0 give.
                var hash: String?
                var hashes: [String: String]?
            }

            var url: String
            var archive: Archive?

            enum CodingKeys: String, CodingKey {
                case url
                case archive = "archive_info"
            }
        }

        var metadata: Metadata
        var download: Download
        var requested: Bool

        enum CodingKeys: String, CodingKey {
            case metadata, requested
            case download = "download_info"
        }
    }

    var install: [Item]

    /// - Throws: `ResolutionError.badRequirement` when pip printed something else.
    static func decode(_ bytes: [UInt8]) throws(ResolutionError) -> PipReport {
        do {
            return try JSONDecoder().decode(PipReport.self, from: Data(bytes))
        } catch {
            throw ResolutionError(.badRequirement, "pip's report cannot be read: \(error)")
        }
    }

    /// - Throws: `ResolutionError.badRequirement` for what is no wheel of an index, or has no SHA-256.
    func wheels() throws(ResolutionError) -> [LockedWheel] {
        var wheels: [LockedWheel] = []
        for item in install {
            let url = item.download.url.prefix { $0 != "#" && $0 != "?" }
            let file = String(url.split(separator: "/").last ?? "").percentDecoded
            let hash =
                item.download.archive?.hashes?["sha256"]
                ?? item.download.archive?.hash.flatMap { $0.hasPrefix("sha256=") ? String($0.dropFirst(7)) : nil }
            guard file.hasSuffix(".whl"), let digest = hash.flatMap({ Digest(hex: $0) }) else {
                throw ResolutionError(
                    .badRequirement, "\(item.metadata.name) \(item.metadata.version) has no wheel: pip chose '\(file)'")
            }
            wheels.append(
                LockedWheel(
                    name: normalizedProject(item.metadata.name), version: item.metadata.version, file: file,
                    sha256: digest, isRequested: item.requested))
        }
        return wheels.sorted { $0.name < $1.name }
    }
}

/// PEP 503.
func normalizedProject(_ name: String) -> String { SimpleIndex.normalized(name) }

extension String {
    /// `%2B` as `+`: a wheel's local version is escaped in its URL.
    fileprivate var percentDecoded: String {
        var bytes: [UInt8] = []
        var rest = Substring(self)
        while let first = rest.first {
            if first == "%", let byte = UInt8(rest.dropFirst().prefix(2), radix: 16) {
                bytes.append(byte)
                rest = rest.dropFirst(3)
            } else {
                bytes += Array(String(first).utf8)
                rest = rest.dropFirst()
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
