/// A package as people ask apt for it: `nginx`, `nginx=1.26.3-3`, `nginx/trixie-backports`, `nginx:amd64`.
struct PackageRequest: Sendable, Equatable {
    var name: String
    var architecture: String?
    var version: String?
    var suite: String?

    /// Nil when apt would not understand it.
    init?(_ text: String) {
        var rest = text[...]
        if let split = rest.firstIndex(of: "=") {
            version = String(rest[rest.index(after: split)...])
            rest = rest[..<split]
        } else if let split = rest.firstIndex(of: "/") {
            suite = String(rest[rest.index(after: split)...])
            rest = rest[..<split]
        }
        if let split = rest.firstIndex(of: ":") {
            architecture = String(rest[rest.index(after: split)...])
            rest = rest[..<split]
        }
        name = String(rest)
        guard Self.isName(name), Self.isVersion(version ?? "0"), Self.isName(suite ?? "any"),
            architecture.map(Self.isName) ?? true
        else { return nil }
    }

    /// Debian Policy 5.6.1: lower case, digits, `+`, `-` and `.`, at least two characters.
    private static func isName(_ text: String) -> Bool {
        guard text.utf8.count >= 2, let first = text.utf8.first else { return false }
        return isLetterOrDigit(first) && text.utf8.allSatisfy { isLetterOrDigit($0) || "+-.".utf8.contains($0) }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (97...122).contains(byte) || (48...57).contains(byte)
    }

    private static func isVersion(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy {
                isLetterOrDigit($0) || (65...90).contains($0) || ".+-:~".utf8.contains($0)
            }
    }
}
