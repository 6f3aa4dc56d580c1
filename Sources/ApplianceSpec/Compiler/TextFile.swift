import Diagnostics
import FoundationEssentials

/// Reads the text files that a compilation needs, with every reason to refuse one.
struct TextFileReader {
    let paths: HostPaths
    /// Bytes; no spec, script or requirements file is as large.
    private static let sizeLimit = 4 << 20

    enum Outcome {
        case text(SourceFile)
        case refused(code: String, message: String, hint: String?)
    }

    /// The file at an absolute path. A byte order mark is dropped.
    ///
    /// - Parameter written: the path as the author wrote it, for messages.
    func read(_ path: String, written: String) -> Outcome {
        switch paths.kind(of: path) {
        case .file: break
        case .folder:
            return .refused(code: "not-a-file", message: "'\(written)' is a folder, not a file", hint: nil)
        case .other:
            return .refused(code: "not-a-file", message: "'\(written)' is not a regular file", hint: nil)
        case .missing:
            return .refused(
                code: "file-not-found", message: "there is no file '\(written)'",
                hint: paths.suggestion(forMissing: path, as: written))
        }
        guard let data = try? Data(contentsOf: URL(filePath: path)) else {
            return .refused(
                code: "unreadable-file", message: "'\(written)' cannot be read", hint: "check its permissions")
        }
        guard data.count <= Self.sizeLimit else {
            return .refused(code: "too-large", message: "'\(written)' is larger than 4 MiB", hint: nil)
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            let bad = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0
            return .refused(
                code: "not-utf8", message: "'\(written)' is not UTF-8 text: see line \(bad + 1)", hint: nil)
        }
        let isMarked = text.unicodeScalars.first == "\u{FEFF}"
        let plain = isMarked ? String(text.unicodeScalars.dropFirst()) : text
        return .text(SourceFile(path: paths.shown(path), text: plain))
    }
}
