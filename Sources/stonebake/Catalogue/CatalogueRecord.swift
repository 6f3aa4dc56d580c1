import Diagnostics
import FileTrees
import Foundation

/// What became of the appliances of a folder when all of them were tested, kept beside them (`Appliances/catalogue.json`), so
/// that a checkout in which nothing is built can tell it.
struct CatalogueRecord: Codable {
    struct Entry: Codable, Equatable {
        var name: String
        var version: String
        /// Bytes; nil where no image was made.
        var imageBytes: Int64?
        var buildSeconds: Double?
        var bootSeconds: Double?
        /// `passed`, `failed`, …
        var result: String
        /// As the table had it: `passed, 12 checks`.
        var text: String
        /// Of the build: `2026-11-22`.
        var day: String?
    }

    var appliances: [Entry]

    static func path(in folder: String) -> String { "\(folder)/catalogue.json" }

    /// Nothing where there is none; one that cannot be read tells nothing either, and is written anew by the next test.
    init(folder: String) {
        let data = try? Data(contentsOf: URL(filePath: Self.path(in: folder)))
        self = data.flatMap { try? JSONDecoder().decode(Self.self, from: $0) } ?? CatalogueRecord(appliances: [])
    }

    init(appliances: [Entry]) { self.appliances = appliances }

    /// - Parameter keepingOthers: whether what is known of appliances that are not among the entries stays
    func renewed(with entries: [CatalogueEntry], keepingOthers: Bool) -> CatalogueRecord {
        let new = entries.compactMap(Entry.init)
        let others = keepingOthers ? appliances.filter { old in !entries.contains { $0.name == old.name } } : []
        return CatalogueRecord(appliances: (new + others).sorted { $0.name < $1.name })
    }

    /// - Throws: `HostError`; what encoding throws.
    func write(to folder: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try Files.write(String(decoding: try encoder.encode(self), as: UTF8.self) + "\n", to: Self.path(in: folder))
    }
}

extension CatalogueRecord.Entry {
    /// Nil where the spec does not compile: then not even its version is known.
    init?(_ entry: CatalogueEntry) {
        guard let version = entry.version else { return nil }
        self.init(
            name: entry.name, version: version, imageBytes: entry.image?.size, buildSeconds: entry.build?.seconds,
            bootSeconds: entry.bootSeconds, result: entry.result.word, text: entry.result.text,
            day: entry.build.map {
                Date(timeIntervalSince1970: Double($0.builtAt)).formatted(.iso8601.year().month().day())
            })
    }

    /// For JSON.
    var json: JSONValue {
        var object: [String: JSONValue] = ["result": .string(result)]
        object["imageBytes"] = imageBytes.map { .integer(Int($0)) }
        object["buildSeconds"] = buildSeconds.map { .number($0) }
        object["bootSeconds"] = bootSeconds.map { .number($0) }
        object["day"] = day.map { .string($0) }
        return .object(object)
    }
}
