import Foundation
import Testing

/// pykickstart, the judge: installed from PyPI through pip's own configuration, with the source distribution that holds
/// its tests. It stays below `.build`, so that it is fetched once.
struct Pykickstart {
    static let version = "3.74"

    private let folder: String

    /// One for all tests of a run.
    private static let shared = Task { try await make() }

    static func get() async throws -> Pykickstart { try await shared.value }

    private static func make() async throws -> Pykickstart {
        let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().path
        let folder = repository + "/.build/pykickstart-\(version)"
        if !FileManager.default.fileExists(atPath: folder + "/complete") {
            try? FileManager.default.removeItem(atPath: folder)
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try await run("python3", "-m", "venv", "\(folder)/python")
            let pip = ["\(folder)/python/bin/pip", "--quiet", "--disable-pip-version-check"]
            try await run(pip + ["install", "pykickstart==\(version)"])
            try await run(
                pip + [
                    "download", "--no-deps", "--no-binary", ":all:", "--dest", folder, "pykickstart==\(version)",
                ])
            try await run("tar", "-xzf", "\(folder)/pykickstart-\(version).tar.gz", "-C", folder)
            try Data().write(to: URL(filePath: folder + "/complete"))
        }
        return Pykickstart(folder: folder)
    }

    /// What it says of each case, in their order.
    func judge(_ cases: [Case]) async throws -> [Opinion] {
        try await exchange("judge", try cases.map { try String(decoding: JSONEncoder().encode($0), as: UTF8.self) })
            .map { try JSONDecoder().decode(Opinion.self, from: Data($0.utf8)) }
    }

    /// The strings that its own tests parse.
    func ownCases() async throws -> [Case] {
        try await exchange("cases", [], extra: ["\(folder)/pykickstart-\(Self.version)"]).map {
            try JSONDecoder().decode(Case.self, from: Data($0.utf8))
        }
    }

    /// Its grammar: `[version: [command: …]]`.
    func grammar() async throws -> [String: [String: TheirCommand]] {
        let lines = try await exchange("grammar", [])
        return try JSONDecoder().decode([String: [String: TheirCommand]].self, from: Data(lines.joined().utf8))
    }

    private func exchange(_ action: String, _ lines: [String], extra: [String] = []) async throws -> [String] {
        let work = NSTemporaryDirectory() + "/stonebake-judge-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: work) }
        var files = extra
        if !lines.isEmpty {
            files.append(work + "/in")
            try (lines.joined(separator: "\n") + "\n").write(toFile: work + "/in", atomically: true, encoding: .utf8)
        }
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "judge.py").path
        try await Self.run(["\(folder)/python/bin/python", "-W", "ignore", script, action] + files + [work + "/out"])
        let output = try String(contentsOfFile: work + "/out", encoding: .utf8)
        return output.split(separator: "\n").map(String.init)
    }

    private static func run(_ words: String...) async throws { try await run(words) }

    /// On a thread of its own: waiting for a process would keep other tests from the few threads of Swift's pool.
    private static func run(_ words: [String]) async throws {
        let (status, output) = try await withCheckedThrowingContinuation {
            (continuation: CheckedContinuation<(Int32, String), any Error>) in
            Thread.detachNewThread { continuation.resume(with: Result { try wait(words) }) }
        }
        try #require(status == 0, "\(words.joined(separator: " ")): \(output.suffix(2000))")
    }

    private static func wait(_ words: [String]) throws -> (Int32, String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = words
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }
}

/// A text, or a file, to be read as a version's.
struct Case: Codable, Hashable {
    var version: String
    var text: String?
    var path: String?
}

/// What pykickstart says of a case.
struct Opinion: Decodable {
    var accepted: Bool
    /// Of the first error; not all have one.
    var line: Int?
    var error: String?
    var commands: [Line]?
    var scripts: [JSON]?
    var packages: JSON?
    var certificates: [JSON]?
    var raw: [JSON]?

    /// All but where it stands.
    var withoutLines: String {
        let scripts = (scripts ?? []).map { script -> JSON in
            guard case .object(var members) = script else { return script }
            members["line"] = nil
            return .object(members)
        }
        let commands = (commands ?? []).map { "\($0.name) \(JSON.object($0.values ?? [:]))" }
        let parts =
            scripts.map(\.description) + (certificates ?? []).map(\.description) + (raw ?? []).map(\.description)
        return ([error ?? "accepted"] + commands + [packages?.description ?? ""] + parts).joined(separator: "\n")
    }

    struct Line: Decodable {
        var line: Int
        var name: String
        /// Nil for a command that is ignored.
        var values: [String: JSON]?
    }
}

struct TheirCommand: Decodable {
    var kind: String
    var options: [Option]
    var conflicts: [String]

    struct Option: Decodable, Hashable {
        var names: [String]
        var required: Bool
        var deprecated: Bool
        var takesValue: Bool
        var count: String
        var integer: Bool
        var choices: [String]
    }
}

/// Any JSON, to be compared.
enum JSON: Decodable, Equatable, CustomStringConvertible {
    case null
    case bool(Bool)
    case integer(Int)
    case string(String)
    case array([JSON])
    case object([String: JSON])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int.self) {
            self = .integer(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSON].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSON].self))
        }
    }

    var description: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .string(let value): value.debugDescription
        case .array(let values): "[" + values.map(\.description).joined(separator: ", ") + "]"
        case .object(let values):
            "{" + values.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ") + "}"
        }
    }
}
