/// The packages that dpkg knows as installed (deb822, `/var/lib/dpkg/status` and `status.d` of distroless images).
enum DpkgStatus {
    /// Versions by `name:architecture`.
    static func packages(in text: String) -> [String: String] {
        var result: [String: String] = [:]
        for stanza in text.split(separator: "\n\n") {
            var fields: [Substring: Substring] = [:]
            for line in stanza.split(separator: "\n") {
                guard line.first != " ", line.first != "\t", let colon = line.firstIndex(of: ":") else { continue }
                let key = line[..<colon]
                guard ["Package", "Version", "Architecture", "Status"].contains(key) else { continue }
                fields[key] = line[line.index(after: colon)...].drop { $0 == " " }
            }
            guard let name = fields["Package"], let version = fields["Version"] else { continue }
            // A removed package whose settings stayed is no longer there.
            if let status = fields["Status"], !status.hasSuffix(" installed") { continue }
            result["\(name):\(fields["Architecture"] ?? "all")"] = String(version)
        }
        return result
    }

    static func packages(of files: [FileRecord], read: (FileRecord) throws -> [UInt8]) throws -> [String: String] {
        var result: [String: String] = [:]
        for file in files where file.kind == .file {
            let isList = file.path == "var/lib/dpkg/status"
            let isPart = file.path.hasPrefix("var/lib/dpkg/status.d/") && !file.path.hasSuffix(".md5sums")
            guard isList || isPart else { continue }
            result.merge(packages(in: String(decoding: try read(file), as: UTF8.self))) { $1 }
        }
        return result
    }
}
