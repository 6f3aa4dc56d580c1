extension ImageDifference {
    /// The file that is named when one is: the first by its path of those of which more than the time differs.
    package var firstFile: File? {
        files.first { file in
            file.change != .changed || file.contentOffset != nil || file.fields.contains { $0.name != "modified" }
        } ?? files.first
    }
}

extension DiskContents {
    /// What the file holds around the place where its content differs, on one line; nil when its content is not what
    /// differs, or it is not there.
    package func excerpt(of file: ImageDifference.File) throws -> String? {
        guard file.kind == .file, let reader = parts.first(where: { $0.number == file.partition })?.reader,
            let record = try reader.files().first(where: { "/\($0.path)" == file.path })
        else { return nil }
        let offset = file.contentOffset ?? 0
        guard file.contentOffset != nil || file.change != .changed else { return nil }
        let start = max(0, offset - 24)
        let bytes = try reader.content(of: record, at: start, 64)
        let text = bytes.map { byte in
            switch byte {
            case 10: "⏎"
            case 32...126: String(Unicode.Scalar(byte))
            default: "·"
            }
        }.joined()
        return "\(start > 0 ? "…" : "")\(text)\(start + Int64(bytes.count) < record.size ? "…" : "")"
    }
}
