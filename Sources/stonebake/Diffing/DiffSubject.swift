import BuildPlanning
import Diagnostics
import FileTrees
import Foundation

/// What `diff` is given: a lock, an image, or a folder that holds one of them.
enum DiffSubject {
    case lock(Lockfile, path: String)
    case image(String)

    /// A build's output folder means its image (the raw one, which needs no conversion, where there is one); a spec's
    /// folder means its lock.
    ///
    /// - Throws: `DiffTrouble` when it is nothing of that; `LockfileError` when a lock cannot be read as one.
    init(_ path: String) throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw DiffTrouble("there is no '\(path)'")
        }
        let file = isFolder.boolValue ? try Self.file(in: path) : path
        guard FileManager.default.isReadableFile(atPath: file) else {
            throw DiffTrouble("'\(file)' may not be read")
        }
        if try Self.looksLikeText(file) {
            self = .lock(try LockfileFormat.decode(SourceFile(path: file, text: try Files.readText(file))), path: file)
        } else {
            guard (try Files.identity(file)?.size ?? 0) > 0 || Self.isLink(file) else {
                throw DiffTrouble("'\(file)' is empty: it is no disk image")
            }
            self = .image(file)
        }
    }

    var kind: String {
        switch self {
        case .lock: "a lock"
        case .image: "an image"
        }
    }

    var path: String {
        switch self {
        case .lock(_, let path), .image(let path): path
        }
    }

    private static func isLink(_ path: String) -> Bool {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) != nil
    }

    private static func file(in folder: String) throws -> String {
        let names = try Files.names(in: folder)
        for ending in [".raw", ".qcow2"] {
            let images = names.filter { $0.hasSuffix(ending) && !$0.hasPrefix(".") }
            if images.count == 1 { return "\(folder)/\(images[0])" }
            if images.count > 1 { throw DiffTrouble("'\(folder)' has several images: name one of them") }
        }
        if names.contains("appliance.lock") { return "\(folder)/appliance.lock" }
        throw DiffTrouble(
            "'\(folder)' holds neither an image nor a lock",
            hint: "name an image, a lock, a folder of `stonebake build`, or a spec's folder")
    }

    /// A lock is JSON; no image begins with a brace.
    private static func looksLikeText(_ path: String) throws -> Bool {
        guard let handle = FileHandle(forReadingAtPath: path) else { throw DiffTrouble("'\(path)' may not be read") }
        defer { try? handle.close() }
        let head = try handle.read(upToCount: 64) ?? Data()
        return head.first { !" \t\r\n".utf8.contains($0) } == UInt8(ascii: "{") || path.hasSuffix(".lock")
    }
}

/// Why nothing could be compared. As with diff(1), 1 means that the two differ, so that trouble is 2.
struct DiffTrouble: Failure {
    let message: String
    let hint: String?

    init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }

    var diagnostics: [Diagnostic] { [Diagnostic(code: "cannot-compare", message, hint: hint)] }
    var exitCode: Diagnostics.ExitCode { .usage }
}
