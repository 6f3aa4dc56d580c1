import ApplianceSpec
import ContentDigest
package import Diagnostics
import FoundationEssentials

/// `appliance.lock` as text: JSON with a package, wheel or repository a line, so that a diff shows exactly the packages
/// that moved. Every list is sorted and so are the members, hence the same lock is always the same bytes.
package enum LockfileFormat {
    /// The text, ending in a newline.
    package static func encode(_ lock: Lockfile) throws -> String {
        let snapshot = try lock.snapshot.map { [("snapshot", try line($0))] } ?? []
        let sections: [(String, String)] =
            [
                ("format", try line(lock.format)),
                ("spec", try specification(lock.spec)),
                ("timestamp", try line(lock.timestamp)),
            ] + snapshot + [
                ("repositories", try list(lock.repositories.sorted { $0.id < $1.id }.map(members))),
                ("packages", try list(sorted(lock.packages).map(members))),
                ("tools", try list(sorted(lock.tools).map(members))),
                ("wheels", try list(lock.wheels.sorted { $0.name < $1.name }.map(members))),
            ]
        return "{\n" + sections.map { "  \"\($0)\": \($1)" }.joined(separator: ",\n") + "\n}\n"
    }

    private static func specification(_ spec: LockedSpec) throws -> String {
        let inputs = try spec.inputs.entries.sorted { $0.key < $1.key }.map { name, digest in
            "        \(try line(name)): \(try line(digest))"
        }
        return """
            {
                "name": \(try line(spec.name)),
                "version": \(try line(spec.version)),
                "digest": \(try line(spec.digest)),
                "inputs": { "entries": {
            \(inputs.joined(separator: ",\n"))
                } }
              }
            """
    }

    private static func sorted(_ packages: [LockedPackage]) -> [LockedPackage] {
        packages.sorted { ($0.name, $0.architecture) < ($1.name, $1.architecture) }
    }

    // What people look for in a diff comes first; nil members are left out.

    private static func members(_ repository: LockedRepository) -> [(String, (any Encodable)?)] {
        [
            ("id", repository.id), ("archive", repository.archive), ("uri", repository.uri),
            ("suite", repository.suite), ("components", repository.components), ("date", repository.date),
            ("release", repository.release),
        ]
    }

    private static func members(_ package: LockedPackage) -> [(String, (any Encodable)?)] {
        [
            ("name", package.name), ("version", package.version), ("architecture", package.architecture),
            ("layer", package.layer), ("repository", package.repository), ("path", package.path),
            ("size", package.size), ("installedSize", package.installedSize), ("sha256", package.sha256),
        ]
    }

    private static func members(_ wheel: LockedWheel) -> [(String, (any Encodable)?)] {
        [
            ("name", wheel.name), ("version", wheel.version), ("file", wheel.file),
            ("isRequested", wheel.isRequested), ("sha256", wheel.sha256),
        ]
    }

    private static func list(_ rows: [[(String, (any Encodable)?)]]) throws -> String {
        if rows.isEmpty { return "[]" }
        let lines = try rows.map { members in
            let texts = try members.compactMap { name, value in try value.map { "\"\(name)\": \(try line($0))" } }
            return "    { \(texts.joined(separator: ", ")) }"
        }
        return "[\n\(lines.joined(separator: ",\n"))\n  ]"
    }

    private static func line(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// Reads a lock that `encode` wrote, or that someone merged by hand.
    ///
    /// - Throws: `LockfileError` with the line: not JSON, a member that is missing or of the wrong kind, a format that
    ///   this Stonebake does not know, a path that leaves its archive, a repository that is not listed.
    package static func decode(_ file: SourceFile) throws(LockfileError) -> Lockfile {
        let places: JSONPlaces
        do throws(JSONPlaces.SyntaxError) {
            places = try JSONPlaces(file.text)
        } catch {
            let range = file.range(atOffset: error.offset)
            let isConflict = file.lines.contains { $0.hasPrefix("<<<<<<<") }
            throw LockfileError(
                "the lock is not JSON: \(error.message)", at: range,
                hint: isConflict ? "it holds an unresolved merge; take either side and run 'stonebake lock'" : nil)
        }
        let decoder = JSONDecoder()
        let data = Data(file.text.utf8)
        func place(_ path: [any CodingKey]) -> SourceRange? {
            var keys = path.map { $0.intValue.map(String.init) ?? $0.stringValue }
            while !keys.isEmpty {
                if let offset = places.places[keys.joined(separator: "/")] { return file.range(atOffset: offset) }
                keys.removeLast()
            }
            return file.range(atOffset: 0)
        }
        do {
            let header = try decoder.decode(Header.self, from: data)
            guard header.format == Lockfile.currentFormat else {
                throw LockfileError(
                    "the lock has format \(header.format); this Stonebake reads format \(Lockfile.currentFormat)",
                    at: places.places["format"].map { file.range(atOffset: $0) },
                    hint: header.format > Lockfile.currentFormat
                        ? "it was written by a newer Stonebake" : "run 'stonebake lock' to write it anew")
            }
            let lock = try decoder.decode(Lockfile.self, from: data)
            try check(lock) { path in places.places[path].map { file.range(atOffset: $0) } }
            return lock
        } catch let error as LockfileError {
            throw error
        } catch let error as DecodingError {
            throw refused(error, place)
        } catch {
            throw LockfileError("the lock cannot be read: \(error)", at: nil)
        }
    }

    private struct Header: Decodable { var format: Int }

    private static func refused(_ error: DecodingError, _ place: ([any CodingKey]) -> SourceRange?) -> LockfileError {
        switch error {
        case .keyNotFound(let key, let context):
            LockfileError("the lock lacks '\(key.stringValue)' here", at: place(context.codingPath))
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            LockfileError(
                "the lock has a wrong value for '\(context.codingPath.last?.stringValue ?? "it")': "
                    + context.debugDescription,
                at: place(context.codingPath))
        @unknown default:
            LockfileError("the lock cannot be read: \(error)", at: nil)
        }
    }

    /// What the types do not say. A lock is input: a path in it becomes part of a URL and of a file's name.
    private static func check(_ lock: Lockfile, _ place: (String) -> SourceRange?) throws(LockfileError) {
        let repositories = Set(lock.repositories.map(\.id))
        if let date = lock.snapshot, SnapshotDate(parsing: date)?.text != date {
            throw LockfileError("'\(date)' is not the date of a snapshot", at: place("snapshot"))
        }
        for (list, packages) in [("packages", lock.packages), ("tools", lock.tools)] {
            var seen: Set<String> = []
            for (index, package) in packages.enumerated() {
                // Finding a line reads the text up to it: only for what is wrong, or 2,000 packages take half a minute.
                func at() -> SourceRange? { place("\(list)/\(index)") }
                let steps = package.path.split(separator: "/", omittingEmptySubsequences: false)
                if steps.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) {
                    throw LockfileError("the path '\(package.path)' of \(package.name) leaves its archive", at: at())
                }
                if package.size < 0 || package.installedSize < 0 {
                    throw LockfileError("\(package.name) has a negative size", at: at())
                }
                if !repositories.contains(package.repository) {
                    throw LockfileError(
                        "\(package.name) comes from '\(package.repository)', which the lock does not list", at: at())
                }
                if !seen.insert("\(package.name):\(package.architecture)").inserted {
                    throw LockfileError("\(package.name) (\(package.architecture)) is locked twice", at: at())
                }
            }
        }
        for (index, wheel) in lock.wheels.enumerated()
        where wheel.file.contains("/") || !wheel.file.hasSuffix(".whl") {
            throw LockfileError("'\(wheel.file)' is not the name of a wheel", at: place("wheels/\(index)"))
        }
    }
}

/// A lock that cannot be used.
package struct LockfileError: Failure, CustomStringConvertible {
    package var diagnostic: Diagnostic

    init(_ message: String, at range: SourceRange?, hint: String? = nil) {
        diagnostic = Diagnostic(code: "bad-lock", message, at: range, hint: hint)
    }

    package var description: String { diagnostic.message }
    package var diagnostics: [Diagnostic] { [diagnostic] }
    package var exitCode: ExitCode { .inputWrong }
}

extension SourceFile {
    /// The place of a byte of the text's UTF-8.
    func range(atOffset offset: Int) -> SourceRange {
        let before = text.utf8.prefix(offset)
        let line = before.count { $0 == 0x0A } + 1
        let column = before.reversed().prefix { $0 != 0x0A }.count { $0 & 0xC0 != 0x80 } + 1
        return range(line: line, column: column)
    }
}
